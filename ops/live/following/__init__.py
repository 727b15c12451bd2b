"""How events reach the window: handed over by a session that does not wait for it, or read behind it out of its journal."""
