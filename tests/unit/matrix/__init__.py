"""The matrix file, right and wrong."""
