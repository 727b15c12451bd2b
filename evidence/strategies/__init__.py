"""Checks of a strategy: look-ahead, warm-up, comparison with chance, gates, the ablation ladder."""
