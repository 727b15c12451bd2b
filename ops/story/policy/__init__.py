"""What the policy said in a run: counts of its opinions, and its reviews of what was held."""
