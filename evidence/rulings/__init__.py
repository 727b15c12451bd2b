"""Finished runs looked back on: calibration, attribution, audit."""
