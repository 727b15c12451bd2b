"""Commands that look after sessions and their inputs: profiles, headlines."""
