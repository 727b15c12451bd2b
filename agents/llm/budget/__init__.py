"""What may be spent, how fast, and when a provider is left alone."""
