"""A policy in a session: what it may do, what it says, and what its verdict promised."""
