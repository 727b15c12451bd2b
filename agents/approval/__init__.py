"""A human's yes to a large position."""
