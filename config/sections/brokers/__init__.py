"""Brokers of shares, beside the exchanges of coins: one file each."""
