"""How an entry is bought that the gate has signed: at market, or piece by piece at the best price."""
