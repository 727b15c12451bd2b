"""The simulated market: prices, regimes, headlines."""
