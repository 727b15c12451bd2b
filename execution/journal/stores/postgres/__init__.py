"""A table of PostgreSQL for the journals of many runs: append-only, one writer a run."""
