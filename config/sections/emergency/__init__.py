"""`emergency:`: what stops a session on the clock by itself, from which figure on, and what is done then."""
