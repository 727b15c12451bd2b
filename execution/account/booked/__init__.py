"""What the ledger may book, and whether it balances afterwards."""
