"""The simulated exchange over the wire: Binance's spot protocol on loopback, on the same matching core."""
