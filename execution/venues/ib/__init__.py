"""Interactive Brokers, over ib_async."""
