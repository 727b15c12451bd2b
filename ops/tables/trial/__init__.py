"""A trial as a person reads it on a terminal: what was proposed, said, ruled, cut and sent."""
