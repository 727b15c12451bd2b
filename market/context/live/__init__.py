"""Live sources of figures: one small adapter each. They feed an archive, which later sessions read with what was known when."""
