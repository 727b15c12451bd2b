"""The figures of a run, read from its journal."""
