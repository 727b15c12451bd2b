"""The court: cases, arguments and rulings, and the state machine that produces them."""
