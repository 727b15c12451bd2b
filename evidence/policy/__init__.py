"""What a policy is judged on and how: its proposals, the arms that it must beat, and the verdict."""
