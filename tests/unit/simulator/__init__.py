"""Tests of the simulator, on its own and over real sockets."""
