"""What Alembic runs to make the tables, and to bring them up to date."""
