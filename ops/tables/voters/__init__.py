"""Tables about voters: what was taken from them."""
