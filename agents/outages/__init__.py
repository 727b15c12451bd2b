"""Models fall silent: noticed, told, de-risked by schedule."""
