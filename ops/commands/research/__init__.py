"""Commands that look for skill or luck."""
