"""Voters of prices that ask the regime first: breakouts and trends in a trend, bounces and squeezes out of one."""
