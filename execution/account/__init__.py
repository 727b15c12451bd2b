"""One account on one venue: its positions, its orders and its protection."""
