"""Obeys what an operator has asked of a session, between two bars."""
