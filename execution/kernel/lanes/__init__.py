"""Accounts on their way along the bars: their courses, their state, and the bars that they may skip."""
