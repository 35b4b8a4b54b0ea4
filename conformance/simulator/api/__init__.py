"""The Messages API as the simulator speaks it: what is checked, refused and written down, whoever answers."""
