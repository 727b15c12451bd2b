"""What the benches of the fast engine share: bars, the strategy in our engine and in others, fills, clocks."""
