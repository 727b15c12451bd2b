"""Outages of the models: detection, alerts, and de-risking by schedule."""
