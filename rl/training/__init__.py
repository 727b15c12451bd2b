"""Training of the policy: PPO seeds in processes, checkpoints, and the model that they become."""
