"""The tamper-evident chain of events, and the sinks and listeners of events."""
