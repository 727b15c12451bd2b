"""The client ids of orders, computed from the account's mark, the run and the order's id: whoever has the journal has them all.

An id is 32 hexadecimal digits in the shape of a version 4 UUID without its hyphens: every exchange that is supported takes that,
and Kraken takes nothing else of this length. The first eight digits mark an order as this program's. The last digit counts the
orders that were sent to the exchange for one order of ours: a stop whose quantity was reduced is a second one.

It never draws an id by chance, and never lets CCXT add a prefix of its own.
"""

import hashlib
from collections.abc import Iterable

LENGTH = 32
SENDINGS = 16
"""How often one order of ours may be sent anew, after the one before is done or proven absent."""
_MARK = 8


class ClientIds:
    """Client ids of one account and one run, and the way back from an id to the order."""

    def __init__(self, account: str, run: str) -> None:
        """`account`: the exchange and which of its worlds, such as "binance live". `run`: what tells this journal from others."""
        self.mark = _digest(f"account\x1f{account}")[:_MARK]
        self._run = run
        self._orders: dict[str, str] = {}

    def of(self, order_id: str, sending: int = 0) -> str:
        """The client id of an order's n-th sending, counted from 0. Raises ValueError from SENDINGS on."""
        if not 0 <= sending < SENDINGS:
            raise ValueError(f"an order is sent at most {SENDINGS} times, and {order_id} was to be sent again")
        return f"{self.stem(order_id)}{sending:x}"

    def stem(self, order_id: str) -> str:
        """What the client ids of all its sendings begin with: all of them but the last digit."""
        body = _digest(f"order\x1f{self._run}\x1f{order_id}")
        return f"{self.mark}{body[:4]}4{body[4:7]}8{body[7:10]}{body[10:21]}"

    def know(self, order_ids: Iterable[str]) -> None:
        """Take these orders as ours: their ids lead back to them from now on."""
        self._orders.update((self.stem(order_id), order_id) for order_id in order_ids)

    def forget(self, order_id: str) -> None:
        """Know an order no more: it was done long ago."""
        self._orders.pop(self.stem(order_id), None)

    def order_of(self, client_id: str | None) -> str | None:
        """The id of our order; None for an order that is not known to be ours."""
        return None if client_id is None or len(client_id) != LENGTH else self._orders.get(client_id[:-1])

    def foreign(self, client_id: str | None) -> bool:
        """Whether this program placed the order on this account, and no journal that is known here names it."""
        return client_id is not None and self._marked(client_id) and client_id[:-1] not in self._orders

    def _marked(self, client_id: str) -> bool:
        return len(client_id) == LENGTH and client_id.startswith(self.mark)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
