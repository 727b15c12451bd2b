"""Is it skill or luck? Statistics and trials over the full engine. Decides nothing."""
