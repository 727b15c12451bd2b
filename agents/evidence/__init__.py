"""What keeps a backtest honest: intervals, deflation, overfitting, splits, counted trials, baselines, look-ahead checks."""
