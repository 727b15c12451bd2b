"""The records of a run: its events, its folder, and how to open it again."""
