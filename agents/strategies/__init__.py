"""Independent voters: each reads signals and votes long, short or nothing, with reasons."""
