"""Where the rows of a journal lie: a SQLite file in the run's folder, or a table of PostgreSQL."""
