"""Measures the quality monitor: labelled hits of real files, and faults that were put into clean ones."""
