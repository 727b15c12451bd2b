"""The model side: providers, and the manager that spends, retries, validates and records. Nothing here decides a trade."""
