"""The files and lines that are made of a report; each says what the analysis found."""
