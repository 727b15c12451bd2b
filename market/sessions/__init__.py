"""Exchanges that close: their sessions, half days and time zones."""
