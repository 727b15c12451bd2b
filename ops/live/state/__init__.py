"""How a session stands now, folded from its events one by one: typed, bounded in memory, the same live as from a journal."""
