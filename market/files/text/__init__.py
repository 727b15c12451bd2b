"""Reads bars out of text: delimiter, header, decimal and dates, each only where the file proves it."""
