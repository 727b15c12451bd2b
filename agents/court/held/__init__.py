"""A position that is held before the court: the thesis on which it was opened, and what a review of it may do."""
