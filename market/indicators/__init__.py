"""Indicators of closed bars, kept as TA-Lib streams."""
