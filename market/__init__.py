"""Prices: candles, quality, indicators, feeds. Refuses what is not finite, ordered and consistent."""
