"""Services that get pictures, documents or cache marks wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Final

from conformance.simulator.api.conversation import every_block, no_blocks, unsupported, with_inner_blocks
from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import Check, Request
from conformance.simulator.json_values import Object
from conformance.simulator.model.replies import Reply
from conformance.simulator.mutants.messages import all_but, in_blocks
from conformance.simulator.mutants.mutant import (
    Change,
    Mutant,
    all_of,
    changing_replies,
    changing_requests,
    checking,
    having,
    ignored,
    rejected,
    taking,
)
from conformance.simulator.personalities.reference import readable_media


def _dropping_only(kind: str, unusual: Callable[[Object, bool], bool]) -> Change:
    """Blocks of a kind are refused, but for the unusual ones, which are taken and dropped."""

    def check(request: Request) -> None:
        for where, _, block in every_block(request):
            for each, inside in with_inner_blocks(block):
                if each.get("type") == kind and not unusual(each, inside):
                    raise unsupported(kind, where)

    return all_of(taking(kind, read=False), checking(f"messages.{kind}.unusual", check))


def _failing(kind: str) -> Check:
    def check(request: Request) -> None:
        if any(block.get("type") == kind for _, _, block in every_block(request)):
            raise Refusal("Internal server error", "api_error")

    return check


def _honouring(kind: str) -> Change:
    return all_of(taking(kind, read=True), checking("messages.media", readable_media))


def _no_pictures_beside_tools(body: Object) -> Object:
    return (
        in_blocks(lambda _, blocks: [*map(_without_pictures, all_but("image", blocks))])(body)
        if body.get("tools")
        else body
    )


def _without_pictures(block: Object) -> Object:
    content = block.get("content")
    return {**block, "content": all_but("image", content)} if isinstance(content, list) else block


def _no_pictures_without_tools(request: Request) -> None:
    if not request.body.get("tools"):
        no_blocks("image")(request)


def _first_picture(blocks: list[Object]) -> list[Object]:
    pictures = [block for block in blocks if block.get("type") == "image"]
    return [block for block in blocks if block not in pictures[1:]]


def _no_pictures_in_a_row(body: Object) -> Object:
    roles = [turn["role"] for turn in body["messages"]]
    return _no_pictures(body) if ("user", "user") in pairwise(roles) else body


_no_pictures = in_blocks(lambda _, blocks: all_but("image", blocks))

_IMAGES: Final = (
    Mutant(
        "messages.image-ignored",
        "image blocks are taken and dropped.",
        taking("image", read=False),
        {
            "messages.image::*": "ignored falls_short",
            "messages.image.url::*": "ignored falls_short",
            "messages.image.in_a_result::*": "ignored",
        },
    ),
    Mutant(
        "messages.image-honoured",
        "image blocks are taken and read.",
        _honouring("image"),
        {
            "messages.image::*": "honoured exceeds",
            "messages.image.url::*": "honoured exceeds",
            "messages.image.in_a_result::*": "honoured",
        },
    ),
    Mutant(
        "messages.image-lost-with-tools",
        "image blocks are taken and read, and dropped where tools are given.",
        all_of(_honouring("image"), changing_requests(_no_pictures_beside_tools)),
        {
            "messages.image::*": "ignored falls_short",
            "messages.image.url::*": "honoured exceeds",
            "messages.image.in_a_result::*": "ignored",
        },
    ),
    Mutant(
        "messages.image-taken-with-tools",
        "image blocks are refused, but not where tools are given, and then dropped.",
        all_of(taking("image", read=False), checking("messages.image.bare", _no_pictures_without_tools)),
        {"messages.image::*": "ignored falls_short", "messages.image.in_a_result::*": "ignored"},
    ),
    Mutant(
        "messages.image-rejected",
        "image blocks are refused.",
        checking("messages.image.rejected", no_blocks("image")),
        rejected("messages.image::*"),
        personality="reference",
    ),
    Mutant(
        "messages.image.url-ignored",
        "image blocks are refused, but not where they are addresses, and then dropped.",
        _dropping_only("image", lambda block, _inside: bool(block["source"].get("type") == "url")),
        ignored("messages.image.url::*"),
    ),
    Mutant(
        "messages.image.in_a_result-ignored",
        "image blocks are refused, but not where they are in a result, and then dropped.",
        _dropping_only("image", lambda _block, inside: inside),
        {"messages.image.in_a_result::*": "ignored"},
    ),
)

_TWO_IMAGES: Final = (
    Mutant(
        "messages.image-second-lost",
        "Of the pictures of a message only the first is seen.",
        changing_requests(in_blocks(lambda _, blocks: _first_picture(blocks))),
        ignored("messages.image::*"),
        personality="reference",
    ),
    Mutant(
        "messages.image-lost-behind-a-turn",
        "Pictures are dropped where two turns of the user's are made one.",
        changing_requests(_no_pictures_in_a_row),
        ignored("messages.image::*"),
        personality="reference",
    ),
)

_DOCUMENTS: Final = (
    Mutant(
        "messages.document-ignored",
        "document blocks are taken and dropped.",
        taking("document", read=False),
        ignored("messages.document*"),
    ),
    Mutant(
        "messages.document-honoured",
        "document blocks are taken and read.",
        _honouring("document"),
        {"messages.document*": "honoured exceeds"},
    ),
    Mutant(
        "messages.document-rejected",
        "document blocks are refused.",
        checking("messages.document.rejected", no_blocks("document")),
        rejected("messages.document*"),
        personality="reference",
    ),
    Mutant(
        "messages.document.pdf-ignored",
        "document blocks are refused, but not where they are a PDF, and then dropped.",
        _dropping_only("document", lambda block, _inside: bool(block["source"].get("type") != "text")),
        ignored("messages.document.pdf::*"),
    ),
)


def _written_again(reply: Reply) -> Reply:
    usage = reply.usage
    return replace(reply, usage=replace(usage, cache_read=0, cache_creation=usage.cache_creation + usage.cache_read))


MUTANTS: Final = (
    *_IMAGES,
    *_TWO_IMAGES,
    *_DOCUMENTS,
    *(
        Mutant(
            f"messages.{kind}-server-error",
            f"{kind} blocks are answered with a 500.",
            checking(f"messages.{kind}.fault", _failing(kind), first=True),
            {"errors.status::every_error_has_a_clients_status": "ignored"},
        )
        for kind in ("image", "document")
    ),
    Mutant(
        "messages.cache_control-ignored",
        "Nothing is cached, marked or not.",
        having(caches="never"),
        ignored("messages.cache_control::*"),
        personality="reference",
    ),
    Mutant(
        "messages.cache_control-never-read",
        "What is marked is written to the cache every time, and never read.",
        changing_replies(_written_again),
        ignored("messages.cache_control::*"),
        personality="reference",
    ),
)
