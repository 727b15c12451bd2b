"""What the story of a run and the window on a running session read alike: fills booked again, and what counts as an alert."""
