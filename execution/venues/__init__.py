"""The protocol of a venue, and all venues but the simulated one."""
