"""Settings, clock, chance, errors: what every other room is given, and creates nowhere else."""
