"""Linear perpetual contracts: what their exchange asks of a position, and their mark prices."""
