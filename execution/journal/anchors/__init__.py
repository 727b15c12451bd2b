"""The journal's head, kept outside: what a journal that was cut back or rewritten cannot take with it."""
