"""Computes indicators of closed bars with TA-Lib streams."""
