"""What real programs send: one file a client, captured by a command, with words of our own.

A file beside this module has a client's requests as they were captured: structure, sizes, headers and betas are the
client's, and the texts are not. ``load`` reads one; ``Skeleton.request`` gives a request; ``pieces`` takes it apart.
"""

from conformance.clients.loader import CLIENTS, ClientError, load
from conformance.clients.pieces import Piece, composed, pieces
from conformance.clients.request import ClientRequest
from conformance.clients.schema import Client, Fault, Skeleton

__all__ = [
    "CLIENTS",
    "Client",
    "ClientError",
    "ClientRequest",
    "Fault",
    "Piece",
    "Skeleton",
    "composed",
    "load",
    "pieces",
]
