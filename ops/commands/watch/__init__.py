"""What commands do that watch over sessions: alerts, the watchdog, the chat."""
