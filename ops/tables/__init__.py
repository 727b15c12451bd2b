"""Figures as tables: console and Markdown from the same cells."""
