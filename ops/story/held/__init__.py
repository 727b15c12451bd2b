"""What became of held positions before the court."""
