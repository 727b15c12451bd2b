"""The tamper-evident chain, and where events go."""
