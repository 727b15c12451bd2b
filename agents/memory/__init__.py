"""Past cases like this one, and what became of them."""
