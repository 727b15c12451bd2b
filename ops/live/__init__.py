"""A window on a running session, or on a finished one: pages and REST, read from typed events. It decides nothing."""
