"""The PPO size adjuster. It scales what the voters propose, never above it, and the gate caps what it says."""
