"""Reads recorded markets from Parquet, Feather and CSV files."""
