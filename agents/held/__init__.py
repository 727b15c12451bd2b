"""Positions that are held, between two bars of the voters: how the court reviews them."""
