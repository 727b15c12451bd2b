"""Similar past cases and their outcomes."""
