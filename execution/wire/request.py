"""A request as an endpoint gets it, and an endpoint: its weight, who may ask, and the parameters that it reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from execution.wire.access import Key
from execution.wire.trading import refusals
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import Params, whole

_SIGNED = frozenset({"timestamp", "recvWindow", "signature", "apiKey", "returnRateLimits"})


@dataclass(frozen=True, slots=True)
class Request:
    """One question: the exchange, the server's time [ms since 1970 UTC], and what was sent."""

    exchange: Exchange
    now_ms: int
    params: Params
    key: Key | None

    @property
    def symbol(self) -> str:
        return self.params["symbol"]

    def most(self, otherwise: int, limit: int) -> int:
        """How many rows are wanted, at most."""
        return max(1, min(whole(self.params, "limit") or otherwise, limit))


Answer = Callable[[Request], Any]


def fixed(weight: int) -> Callable[[Params], int]:
    """The weight of an endpoint whose requests all weigh the same."""
    return lambda _: weight


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. `weight`: of one request, by its parameters; `orders`: it makes new orders."""

    name: str
    answer: Answer
    weight: Callable[[Params], int]
    signed: bool = False
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    orders: bool = False
    keyed: bool = False
    """Whether it asks for a key and no signature."""

    def check(self, params: Params) -> None:
        """Hold the parameters against the row. Raises Refused."""
        for name in self.needs:
            if not params.get(name):
                raise Refused(refusals.MISSING, name)
        known = {*self.needs, *self.reads} | (_SIGNED if self.signed else frozenset())
        if unknown := set(params) - known:
            raise Refused(refusals.UNREAD, len(params) - len(unknown), len(params))
