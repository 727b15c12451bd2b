"""The simulated exchange: matching, book, latency, impact, funding."""
