"""Headlines and what they say, point in time. Silence is a value here, never a neutral zero."""
