"""Bar lengths, and the times at which bars open: days at 00:00 UTC, weeks on Monday at 00:00 UTC."""

from datetime import UTC, datetime, timedelta

from config.frozen import Word

_EPOCH_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_DURATION_S = {
    "1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "4h": 14_400, "1d": 86_400, "1w": 604_800,
}  # fmt: skip
_DURATION = {name: timedelta(seconds=seconds) for name, seconds in _DURATION_S.items()}


class Timeframe(Word):
    """The length of a bar."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"
    W1 = "1w"

    @property
    def duration(self) -> timedelta:
        """Length of one bar."""
        return _DURATION[self]

    @property
    def seconds(self) -> int:
        """Length of one bar, in seconds."""
        return _DURATION_S[self]

    @property
    def bars_per_day(self) -> float:
        """Bars in 24 hours."""
        return 86_400 / self.seconds

    @property
    def bars_per_year(self) -> float:
        """Bars in 365 days, because crypto markets never close."""
        return 365 * 86_400 / self.seconds

    def floor(self, moment: datetime) -> datetime:
        """Opening time of the bar that holds `moment` (aware, UTC)."""
        return moment - (moment - _EPOCH_MONDAY) % self.duration


HORIZONS: tuple[Timeframe, ...] = (Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1)
"""The four timeframes that the court looks at."""
