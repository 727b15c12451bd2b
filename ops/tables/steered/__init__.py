"""Tables of what operators have asked of a session."""
