"""A real exchange behind the protocol of every venue, through CCXT."""
