"""The lines to an exchange: where they may go, how often they ask, and in whose words."""
