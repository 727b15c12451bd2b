"""Searches parameter sets: every trial is counted, a search can be resumed, the fast engine runs first."""
