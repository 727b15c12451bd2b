"""A model on this machine, in a child process."""
