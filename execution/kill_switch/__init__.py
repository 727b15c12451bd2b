"""The latch of the kill switch, who reads it, and what a session makes of it."""
