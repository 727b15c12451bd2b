"""The mathematics of loss: VaR, expected shortfall, drawdown, ratios, contributions. Pure functions."""
