"""What a running session says on its terminal: data, seats, progress, debate, kill switch; and how it is asked to stop there."""
