"""What a run leaves: its events, its folder, how it is opened again."""
