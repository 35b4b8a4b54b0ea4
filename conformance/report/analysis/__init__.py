"""What can be read off one report, or several: each once, for every rendering."""
