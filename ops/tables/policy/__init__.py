"""Tables of the policy: what it and its arms made out of sample."""
