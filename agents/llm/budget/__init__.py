"""Budgets, rate limits, and the breakers that pause a failing provider."""
