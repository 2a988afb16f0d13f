"""Decoding: search in k2, lattices, words, entity spans, and worker processes."""
