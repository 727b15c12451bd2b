"""Answers that were given before: cassettes, cache, journal."""
