"""What the window serves: pages, REST and streams, from the same functions; guarded, and without a resource from elsewhere."""
