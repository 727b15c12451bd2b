"""What is known of a market beside its bars: books, derivatives, the other markets, the wider world."""
