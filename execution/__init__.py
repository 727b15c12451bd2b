"""Venue, ledger, journal. Sends only what the gate has signed; keeps money exact."""
