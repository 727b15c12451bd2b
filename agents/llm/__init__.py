"""Language models: providers, and the manager that budgets, retries, validates and records. It makes no trading
decision.
"""
