"""Commands that trade, replay, show and stop."""
