"""Statistics and experiments that separate skill from luck. This room makes no trading decision."""
