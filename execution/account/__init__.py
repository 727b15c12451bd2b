"""One account on one venue: what is held, sent and protected."""
