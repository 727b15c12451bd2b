"""The simulated exchange: matching, order book, latency, impact, funding."""
