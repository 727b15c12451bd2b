"""Closed bars that come over a wire."""
