"""Replaying and resuming a recorded run: events are compared with its journal instead of being written."""
