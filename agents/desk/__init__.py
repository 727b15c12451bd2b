"""Puts a session together: from what was asked for to a desk."""
