"""Runs many sessions of the full engine, one in each process."""
