"""Reads YAML into settings and reports every fault with its line."""
