"""What a position is made of: its lots, and the margin that is put in for one on perpetuals."""
