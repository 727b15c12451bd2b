"""Rulings that are reserved: the court has heard the cases of a bar, and what it ruled is there later."""
