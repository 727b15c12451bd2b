"""Who may look, and who may act: one operator with a password, programs with tokens, and what each is allowed."""
