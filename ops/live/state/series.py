"""The account over time in a bounded number of points, so that a year of hourly bars draws at once.

Neighbouring bars share a point when there are more than fit. A point keeps the last equity, the lowest and the highest, and the
deepest drawdown of its bars: no extreme is lost by drawing fewer points.
"""

from array import array

from pydantic import Field

from config.frozen import Frozen

MOST_POINTS = 1500
"""Points of one chart: more than it has pixels on most screens."""


class Curves(Frozen):
    """Columns of equal length, oldest first. Times [s since the epoch, UTC], equity [quote], the rest [fraction of equity]."""

    at_s: tuple[int, ...] = Field(description="close of the last bar of each point [s since the epoch, UTC]")
    equity: tuple[float, ...] = Field(description="equity at that close [quote]")
    low: tuple[float, ...] = Field(description="lowest equity of the point's bars [quote]")
    high: tuple[float, ...] = Field(description="highest equity of the point's bars [quote]")
    drawdown: tuple[float, ...] = Field(description="deepest drawdown of the point's bars [fraction]")
    gross: tuple[float, ...] = Field(description="gross exposure at that close [fraction of equity]")
    net: tuple[float, ...] = Field(description="net exposure at that close [fraction of equity]")
    bars_a_point: int = Field(description="bars that share a point; the last point may have fewer")


class Series:
    """The curves so far. `most`: points at most, at least 2. Raises ValueError for fewer."""

    def __init__(self, most: int = MOST_POINTS) -> None:
        if most < 2:
            raise ValueError(f"a curve needs at least two points, got {most}")
        self._most, self._width, self._in_last = most, 1, 0
        self._at = array("q")
        self._last, self._low, self._high = array("d"), array("d"), array("d")
        self._drawdown, self._gross, self._net = array("d"), array("d"), array("d")

    def add(self, at_s: int, equity: float, drawdown: float, gross: float, net: float) -> None:
        """Add one bar close. `at_s` [s since the epoch, UTC], `equity` [quote], the rest [fraction of equity]."""
        if self._at and self._in_last < self._width:
            self._at[-1], self._last[-1], self._gross[-1], self._net[-1] = at_s, equity, gross, net
            self._low[-1], self._high[-1] = min(self._low[-1], equity), max(self._high[-1], equity)
            self._drawdown[-1] = max(self._drawdown[-1], drawdown)
            self._in_last += 1
            return
        if len(self._at) == self._most:
            self._halve()
        self._at.append(at_s)
        for column, number in (
            (self._last, equity), (self._low, equity), (self._high, equity), (self._drawdown, drawdown),
            (self._gross, gross), (self._net, net),
        ):  # fmt: skip
            column.append(number)
        self._in_last = 1

    def curves(self, since_s: int | None = None) -> Curves:
        """The columns, or only the points whose last bar closed at `since_s` or later [s since the epoch, UTC]."""
        first = 0 if since_s is None else next((n for n, at in enumerate(self._at) if at >= since_s), len(self._at))
        return Curves(
            at_s=tuple(self._at[first:]),
            equity=tuple(self._last[first:]),
            low=tuple(self._low[first:]),
            high=tuple(self._high[first:]),
            drawdown=tuple(self._drawdown[first:]),
            gross=tuple(self._gross[first:]),
            net=tuple(self._net[first:]),
            bars_a_point=self._width,
        )

    def _halve(self) -> None:
        """Let two neighbouring points become one; the last of an odd number stays alone."""
        ends = [min(n + 1, len(self._at) - 1) for n in range(0, len(self._at), 2)]
        starts = range(0, len(self._at), 2)
        self._low = array("d", (min(self._low[n], self._low[m]) for n, m in zip(starts, ends, strict=True)))
        self._high = array("d", (max(self._high[n], self._high[m]) for n, m in zip(starts, ends, strict=True)))
        self._drawdown = array(
            "d", (max(self._drawdown[n], self._drawdown[m]) for n, m in zip(starts, ends, strict=True))
        )
        self._at = array("q", (self._at[m] for m in ends))
        self._last, self._gross, self._net = (
            array("d", (column[m] for m in ends)) for column in (self._last, self._gross, self._net)
        )
        self._width *= 2
