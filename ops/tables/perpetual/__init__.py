"""Tables about the two sides of a run on perpetuals."""
