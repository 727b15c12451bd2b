"""Bars by themselves: the figures that only they decide, and those on which nothing can happen to an account."""
