"""Analyses of finished runs: calibration, attribution, audit."""
