"""Recorded files of figures beside the bars: derivatives, macro series, market values, order books, and archives."""
