"""Pure statistics: bootstrap, deflated Sharpe ratio, overfitting, splits, reliability."""
