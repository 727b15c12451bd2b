"""What a role is told, and how its reply becomes an opinion."""
