"""What a case holds for models beside its indicators: the trade, the path of prices, the limits of the book and what is held."""
