"""A desk that lives by the clock: live bars and news, and what is seen between two bars."""
