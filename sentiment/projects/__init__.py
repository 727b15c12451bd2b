"""Finds the projects that a headline is about and that no list of coins knows."""
