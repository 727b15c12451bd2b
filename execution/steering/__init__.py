"""What an operator may ask of a running session, and the folder in which the session finds it."""
