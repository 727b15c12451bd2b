"""Many sessions of the full engine, a process each."""
