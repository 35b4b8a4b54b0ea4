"""What is committed stays true: documents, matrices, words, and nothing secret in it."""
