"""Is the risk model right? Forecasts out of sample, and their tests."""
