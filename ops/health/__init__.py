"""Whether a session could begin, and safely: what is asked of this machine, the profile and the exchange before it."""
