"""What a voter must survive: look-ahead, warm-up, chance, gates, the ablation ladder."""
