"""Trying parameter sets: counted, resumable, fast engine first."""
