"""Markets in which nothing new is bought, because the exchange contradicts itself or the ledger there.

A real exchange says itself which of its markets are close-only, and why (`VenueReport.close_only`): two orders under one
client id, an order that it knew and knows no more, a clock that is too far off, a market that is gone. The ledger adds a sale
of more than it holds. The gate refuses new risk there, exits go on; in a market that is gone there is nothing to send, so
none are tried.

It lifts what the exchange lifts. A sale of more than is held is for a human to look into: it stays as long as the run does.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from config.frozen import Journaled, UtcTime, empty
from execution.journal.event import Sink
from execution.reports import CloseOnly


class MarketClosed(Journaled):
    """A market becomes close-only for a reason, or takes new risk again."""

    event_kind: ClassVar[str] = "close_only"

    at_utc: UtcTime
    symbol: str
    status: Literal["begins", "ends"] = Field(description="whether the market becomes close-only or ceases to be")
    why: str = Field(description="the reason, in words")
    gone: bool = Field(default=False, exclude_if=empty, description="whether the exchange has no such market any more")
    account: str = Field(
        default="", exclude_if=empty, description="the exchange, in a session on several; absent for one"
    )

    @property
    def text(self) -> str:
        """What happened, in one sentence."""
        where = f"{self.symbol} at {self.account}" if self.account else self.symbol
        if self.status == "ends":
            return f"{where} takes new risk again ({self.why} is over)."
        if self.gone:
            return (
                f"{where} is close-only: {self.why}. Nothing can be sent there, exits neither. Look what became of the "
                "coins at the exchange; the other markets go on."
            )
        return (
            f"{where} is close-only: {self.why}. New risk is refused there, exits go on. Compare the exchange's list of "
            "orders with the journal."
        )


class ClosedMarkets:
    """What is close-only at an exchange; `name`: which of several."""

    def __init__(self, sink: Sink, name: str = "") -> None:
        self._sink = sink
        self._name = name
        self._told: dict[str, CloseOnly] = {}
        self._found: dict[str, str] = {}

    def see(self, told: Mapping[str, CloseOnly], at: datetime) -> None:
        """Take what the exchange says now. What begins or ends is journaled."""
        for symbol in sorted(self._told.keys() | told.keys()):
            before, now = self._told.get(symbol), told.get(symbol)
            if before is not None and now != before:
                self._note(symbol, "ends", before, at)
            if now is not None and now != before:
                self._note(symbol, "begins", now, at)
        self._told = dict(told)

    def find(self, symbol: str, why: str, at: datetime) -> None:
        """Close a market for what this program found. The first reason stays."""
        if symbol not in self._found:
            self._found[symbol] = why
            self._note(symbol, "begins", CloseOnly(why=why), at)

    def why(self, symbol: str) -> str | None:
        """Why a market is close-only; None where it is not."""
        told = self._told.get(symbol)
        return self._found.get(symbol) or (None if told is None else told.why)

    def is_gone(self, symbol: str) -> bool:
        """Whether the exchange has no such market any more: no order can be sent there."""
        told = self._told.get(symbol)
        return told is not None and told.gone

    def _note(self, symbol: str, status: Literal["begins", "ends"], of: CloseOnly, at: datetime) -> None:
        self._sink.append(
            MarketClosed(at_utc=at, symbol=symbol, status=status, why=of.why, gone=of.gone, account=self._name)
        )
