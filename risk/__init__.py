"""Measures, limits and the gate. The last word; reads no model, no network, no clock."""
