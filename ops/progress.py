"""How far a session is, and what it is worth meanwhile."""

from datetime import datetime
from decimal import Decimal
from typing import TextIO

from config.progress import Progress
from ops.tables.plain import moment, money


class SessionProgress(Progress):
    """A context manager around a session of `total_bars`; `stderr` None shows nothing."""

    def __init__(self, total_bars: int, stderr: TextIO | None) -> None:
        super().__init__(total_bars, "bars", stderr)

    def update(self, as_of: datetime, equity: Decimal, open_positions: int, last_ruling: str | None) -> None:
        """One more bar is done. Money in quote units; `last_ruling` in a few words."""

        def tell() -> str:
            ruling = f", last ruling {last_ruling}" if last_ruling else ""
            return f"{moment(as_of)} UTC  equity {money(equity)}, {open_positions} open{ruling}"

        self.advance(1, tell)
