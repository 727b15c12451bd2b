"""Which bars may be believed, and what is done about the others."""
