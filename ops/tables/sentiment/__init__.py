"""Tables of the sentiment room: how good its scores are, and what each source says now."""
