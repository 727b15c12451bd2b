"""Tests of the risk model: out-of-sample forecasts of VaR and ES against what happened."""
