"""A run beside the same bars on the simulated exchange: what its execution cost."""
