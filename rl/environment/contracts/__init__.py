"""Accounts of perpetual contracts for training: courses of bars and rulings, traded by the account of a session."""
