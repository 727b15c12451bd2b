"""Alerts: what wakes a person, derived from the events of a session, and sent to wherever the user wants to be told."""
