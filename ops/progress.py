"""The progress of a session, with its equity."""

from datetime import datetime
from decimal import Decimal
from typing import TextIO

from agents.records.record import CycleRecord
from config.clock import Clock
from config.frozen import Journaled
from config.progress import Progress
from ops.tables.plain import moment, money


class SessionProgress(Progress):
    """A context manager around a session of `total_bars`; `stderr` None shows nothing."""

    def __init__(self, total_bars: int, stderr: TextIO | None, clock: Clock | None = None) -> None:
        super().__init__(total_bars, "bars", stderr, clock)
        self._ruling = "none yet"

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event: each cycle record counts one bar, also one that a resumed run repeats."""
        if not isinstance(event, CycleRecord):
            return
        if event.hearings:
            last = event.hearings[-1]
            self._ruling = f"{last.case.symbol} {last.ruling.outcome}, {last.verdict.outcome}"
        self.update(event.as_of_utc, event.portfolio.equity, len(event.portfolio.positions), self._ruling)

    def update(self, as_of: datetime, equity: Decimal, open_positions: int, last_ruling: str | None) -> None:
        """Count one more bar. `equity` in quote units; `last_ruling` in a few words."""

        def tell() -> str:
            ruling = f", last ruling {last_ruling}" if last_ruling else ""
            return f"{moment(as_of)} UTC  equity {money(equity)}, {open_positions} open{ruling}"

        self.advance(1, tell)
