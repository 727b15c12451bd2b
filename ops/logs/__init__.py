"""The log of a session as a file: a line for each thing that happened, with the decision that it belongs to."""
