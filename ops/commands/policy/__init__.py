"""What each command about the policy does."""
