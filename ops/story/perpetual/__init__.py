"""What a run on perpetuals has beside one on spot: two sides, funding both ways, exposure with a sign, and liquidations."""
