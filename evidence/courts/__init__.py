"""Several courts on the same cases: which one is worth what it costs."""
