"""Figures as tables: console and Markdown out of the same cells."""
