"""Whole runs through pytest: recording, replaying, selecting, and everything that can go wrong on the way."""
