"""Each module on its own: the folders mirror ``conformance/``."""
