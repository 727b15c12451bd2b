"""The tables of a run's folder for other programs: trades, orders, equity and decisions."""
