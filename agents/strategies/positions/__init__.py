"""Voters that hold a share for weeks: each says how much of a position it wants, and where it wants to be out."""
