"""What only the process of a session knows, and no event tells: how long its journal takes, and how the lines to exchanges do.

It is handed down to the journal and the exchange when a window is opened inside a session, and read when somebody asks. Beside
another process there is none.
"""

from collections.abc import Callable, Mapping

from execution.venues.exchange.lines.seen import LinesNow
from ops.live.state.measured import COMMIT_S, Spread


class Process:
    """The process of one session."""

    def __init__(self) -> None:
        self.commits = Spread(COMMIT_S)
        """How long the commits of the journal took [s]."""
        self._lines: Mapping[str, Callable[[], LinesNow]] = {}

    def committed(self, seconds: float) -> None:
        """The journal has committed a group of events, in so long [s]."""
        self.commits.add(seconds)

    def connected(self, lines: Mapping[str, Callable[[], LinesNow]]) -> None:
        """The session has opened its exchanges."""
        self._lines = lines

    def lines(self) -> dict[str, LinesNow]:
        """How the lines to each exchange do now, by its name; that of the only one is empty."""
        return {name: read() for name, read in self._lines.items()}
