"""Sources over a wire that are no feeds: GDELT, Reddit, X, and the index of fear and greed."""
