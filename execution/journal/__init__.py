"""The tamper-evident chain, and what an event is."""
