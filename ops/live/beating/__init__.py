"""The heartbeat of a session on the clock: what its trading loop leaves after each look and each bar, for a watchdog to read."""
