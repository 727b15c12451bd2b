"""Commands in a chat: a few people ask how a session stands, and may put the kill switch down. It never trades."""
