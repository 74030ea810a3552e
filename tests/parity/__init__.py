"""One set of vectors for three languages."""
