"""The second engine, compiled. Each file names the one that it must equal."""
