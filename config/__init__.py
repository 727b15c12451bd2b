"""Settings, clock, random numbers, errors. Every other room receives them as arguments and never creates its own."""
