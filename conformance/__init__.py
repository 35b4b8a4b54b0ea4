"""A conformance and compatibility test suite for Anthropic-compatible Messages APIs.

Importing this package is cheap on purpose: the pytest plugin is loaded in every
pytest run of every environment it is installed in.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
