"""The exchange of linear perpetuals behind the wire: Binance's USD-M protocol, isolated margin, funding and liquidation."""
