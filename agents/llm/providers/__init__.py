"""One file an API, one contract suite for all."""
