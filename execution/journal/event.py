"""What an event is, and where events go."""

from typing import Protocol


class Sink(Protocol):
    """Where events go: a journal that writes them, or one that compares them with what was written."""

    def append(self, kind: str, payload: bytes) -> int:
        """Add an event; returns its number."""
        ...
