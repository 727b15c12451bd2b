"""Several exchanges in one session: which of them an entry goes to, and what follows when it refuses."""
