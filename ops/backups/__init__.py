"""One file that holds runs and what this user keeps beside them, and how it becomes folders again."""
