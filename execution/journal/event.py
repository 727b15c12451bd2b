"""What an event is, and where events go."""

from typing import Protocol

from config.frozen import Journaled


class Sink(Protocol):
    """Where events go: a journal that writes them, or one that compares them with what was written."""

    def append(self, event: Journaled) -> int:
        """Add an event; returns its number."""
        ...
