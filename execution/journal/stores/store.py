"""What a store of rows does for a journal: it writes them durably, and says how it ends.

A store knows nothing of the chain: it neither computes nor verifies a MAC. It refuses to write over a row, and to change one.
"""

from collections.abc import Sequence
from typing import Protocol

from execution.journal.rows import Row


class StoreFault(Exception):
    """A store cannot be written now. The text is what the database said."""


class Store(Protocol):
    """The rows of one run. Each method but `abandon` may raise StoreFault."""

    mend: str
    """What the user can do while it cannot be written: the beginning of a sentence."""

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows after the last one, durably, all of them or none."""
        ...

    def connect_again(self, *, patient: bool) -> None:
        """After a fault: let go of the connection and open another. `patient`: nothing else waits for it."""
        ...

    def tail(self, first: int) -> list[Row]:
        """The rows from this number on, as they lie there, in their order."""
        ...

    def close(self) -> None:
        """Let go of it in good order."""
        ...

    def abandon(self) -> None:
        """Let go of it after a fault."""
        ...
