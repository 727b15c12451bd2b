"""Bars of exchanges in a folder of Parquet files, which other programs read too."""
