"""Likeness by meaning: a case as a text, and a text as a vector."""
