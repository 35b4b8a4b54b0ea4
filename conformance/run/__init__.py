"""Runs of the suite, without pytest: what there is to do, recording it, judging it, and how far it is."""
