"""A run is recomputed out of its journal: whole, or up to one decision, also under other limits. Nothing is written."""
