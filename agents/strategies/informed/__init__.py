"""Voters that read more than prices: funding, news, flows of coins, odds of prediction markets."""
