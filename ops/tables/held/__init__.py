"""Tables about held positions before the court."""
