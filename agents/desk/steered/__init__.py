"""What an operator has asked of a session: what holds of it, and where words come from."""
