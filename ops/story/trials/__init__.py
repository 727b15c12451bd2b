"""One decision with all that belongs to it."""
