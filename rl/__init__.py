"""The PPO size adjuster. It can only make a position smaller."""
