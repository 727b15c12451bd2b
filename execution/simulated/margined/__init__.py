"""The simulated exchange of linear perpetuals: isolated margin, both sides, liquidation on the mark price."""
