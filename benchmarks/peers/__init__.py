"""What benches share: bars, a strategy in our engine and in others, fills, clocks, and environments of others."""
