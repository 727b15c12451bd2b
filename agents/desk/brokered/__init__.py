"""Sessions at a broker of shares: decided on near the close of each day, by a calendar."""
