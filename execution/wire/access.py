"""Who may ask: keys, signatures over the bytes that were sent, the client's clock, and how often it asks.

The signature is checked over the query and the body as they came, not over what was read from them. Signed requests go by the
machine's clock, even where the market's own time runs faster or stands still.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.clock import Clock, to_ms
from execution.wire.trading import refusals
from execution.wire.trading.refusals import Refused

WEIGHT_LIMIT = 6000
"""Weight of requests a minute."""
ORDER_LIMIT = 100
"""New orders in ten seconds."""
DAILY_LIMIT = 200_000
"""New orders a day."""
_WINDOW_MS, _MOST_WINDOW_MS, _AHEAD_MS = 5000, 60_000, 1000
_BAN_MS = 120_000
_DAY_MS, _MINUTE_MS, _TEN_S_MS = 86_400_000, 60_000, 10_000


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the account, and what it may do besides reading."""

    name: str
    secret: str = field(repr=False)
    trades: bool = True
    withdraws: bool = False


class Access:
    """The keys of the account, and the server's side of every check."""

    def __init__(self, keys: Mapping[str, Key], clock: Clock) -> None:
        self._keys = dict(keys)
        self._clock = clock
        self.skew_ms = 0
        """How far the server's clock is off [ms], for faults."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all keys."""
        return tuple(self._keys)

    def now_ms(self) -> int:
        """The server's time [ms since 1970 UTC]."""
        return to_ms(self._clock.now()) + self.skew_ms

    def key(self, name: str | None) -> Key:
        """The key of this name. Raises Refused."""
        if not name:
            raise Refused(refusals.BAD_KEY_FORMAT)
        if name not in self._keys:
            raise Refused(refusals.BAD_KEY)
        return self._keys[name]

    def check_signed(self, key: Key, payload: str, params: Mapping[str, str]) -> None:
        """Check signature and clock; `payload` is the text that was signed. Raises Refused."""
        for name in ("timestamp", "signature"):
            if not params.get(name):
                raise Refused(refusals.MISSING, name)
        made = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(made, params["signature"].lower()):
            raise Refused(refusals.BAD_SIGNATURE)
        window, sent = params.get("recvWindow", str(_WINDOW_MS)), params["timestamp"]
        for name, value in (("timestamp", sent), ("recvWindow", window)):
            if not value.isascii() or not value.isdigit():
                raise Refused(refusals.ILLEGAL, name)
        if int(window) > _MOST_WINDOW_MS:
            raise Refused(refusals.BAD_WINDOW)
        self.check_clock(int(sent), int(window))

    def check_clock(self, sent_ms: int, window_ms: int) -> None:
        """Refuse what was sent too long ago, or in the future. Raises Refused."""
        now_ms = self.now_ms()
        if sent_ms >= now_ms + _AHEAD_MS:
            raise Refused(refusals.BAD_CLOCK_AHEAD)
        if now_ms - sent_ms > window_ms:
            raise Refused(refusals.BAD_CLOCK_BEHIND)


class Limits:
    """Counts weight and orders by the clock, refuses what is too much, and bans who goes on."""

    def __init__(self, clock: Clock, weight_limit: int = WEIGHT_LIMIT, order_limit: int = ORDER_LIMIT) -> None:
        self._clock = clock
        self._weight_limit, self._order_limit = weight_limit, order_limit
        self._used: dict[tuple[str, int], int] = {}
        self._banned_until_ms = 0
        self._warned_in = -1
        self.retry_after_s = 0

    def weigh(self, weight: int) -> None:
        """Count a request. Raises Refused; `retry_after_s` then says how long to wait."""
        now_ms = to_ms(self._clock.now())
        if now_ms < self._banned_until_ms:
            raise self.ban(self._banned_until_ms - now_ms)
        if self._count("weight", _MINUTE_MS, weight) <= self._weight_limit:
            return
        minute = now_ms // _MINUTE_MS
        self.retry_after_s = int((minute + 1) * _MINUTE_MS - now_ms) // 1000 + 1
        if self._warned_in == minute:
            raise self.ban(_BAN_MS)
        self._warned_in = minute
        raise Refused(refusals.TOO_MANY_REQUESTS, self._weight_limit)

    def ban(self, for_ms: int) -> Refused:
        """Shut the client out for a time [ms]; returns what it is told."""
        now_ms = to_ms(self._clock.now())
        self._banned_until_ms = now_ms + for_ms
        self.retry_after_s = for_ms // 1000 + 1
        return Refused(refusals.BANNED, self._banned_until_ms)

    def order(self) -> None:
        """Count a new order. Raises Refused."""
        self._count("day", _DAY_MS, 1)
        if self._count("ten", _TEN_S_MS, 1) > self._order_limit:
            self.retry_after_s = 0  # the exchange tells none for orders
            raise Refused(refusals.TOO_MANY_ORDERS, self._order_limit)

    def headers(self, orders: bool) -> dict[str, str]:
        """What each answer says about what was used; with the count of orders after one."""
        used = self._in("weight", _MINUTE_MS)
        told = {"X-MBX-USED-WEIGHT": str(used), "X-MBX-USED-WEIGHT-1M": str(used)}
        if orders:
            told["X-MBX-ORDER-COUNT-10S"] = str(self._in("ten", _TEN_S_MS))
            told["X-MBX-ORDER-COUNT-1D"] = str(self._in("day", _DAY_MS))
        return told

    def _count(self, what: str, window_ms: int, amount: int) -> int:
        self._used = {
            key: used for key, used in self._used.items() if key[0] != what or key == self._key(what, window_ms)
        }
        key = self._key(what, window_ms)
        self._used[key] = self._used.get(key, 0) + amount
        return self._used[key]

    def _in(self, what: str, window_ms: int) -> int:
        return self._used.get(self._key(what, window_ms), 0)

    def _key(self, what: str, window_ms: int) -> tuple[str, int]:
        return what, to_ms(self._clock.now()) // window_ms
