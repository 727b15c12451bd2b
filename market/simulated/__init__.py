"""The drawn market: prices, regimes, headlines."""
