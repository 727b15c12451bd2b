"""A clock that jumps when somebody waits, and a feed whose bars do not come."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

T0 = datetime(2024, 3, 1, tzinfo=UTC)


class Time:
    """A clock that jumps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return T0 + timedelta(seconds=self.seconds)

    async def wait(self, seconds: float) -> None:
        self.seconds += seconds


class Overdue:
    """A feed whose bars do not come."""

    last_close, is_current = T0, False

    def now(self) -> datetime:
        return T0

    async def prices(self, symbols: Sequence[str], within_s: float) -> dict[str, tuple[float, float]]:
        raise AssertionError("an exchange that trades by itself needs no price of ours")
