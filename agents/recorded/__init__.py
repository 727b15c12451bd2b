"""A finished or killed run as a world: it compares instead of writing."""
