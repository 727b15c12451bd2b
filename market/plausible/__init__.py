"""What no market does: a price in another unit, a volume that nobody could have traded."""
