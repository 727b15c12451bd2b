"""Independent voters; each reads signals and says long, short or nothing, with reasons."""
