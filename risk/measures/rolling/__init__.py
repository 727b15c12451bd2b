"""VaR, expected shortfall and moments of every window of a series."""
