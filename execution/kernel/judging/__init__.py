"""What the compiled gate asks: the account, the voters, and what a policy sees."""
