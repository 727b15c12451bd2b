"""Linear perpetuals at a real exchange: its settings, positions, funding, and what it does to a position by itself."""
