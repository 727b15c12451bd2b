"""The prompt of each role, and the conversion of its reply into an opinion."""
