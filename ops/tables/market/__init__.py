"""Tables about bars that are stored."""
