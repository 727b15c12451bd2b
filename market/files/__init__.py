"""Recorded markets out of Parquet, Feather and CSV files."""
