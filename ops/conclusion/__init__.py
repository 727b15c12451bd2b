"""The end of a run: it is judged, its summary, report and tables are written, and its last words are said."""
