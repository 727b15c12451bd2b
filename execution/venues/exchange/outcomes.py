"""What an answer of the exchange proves about an order that was sent: accepted, rejected, nothing, or that we are to stay away.

*Accepted* needs the exchange's id and our client id, repeated. *Rejected* needs one of the listed errors: the exchange itself
said it, or CCXT raised it before anything was sent. A body that was cut off arrives as a bare `ExchangeError`, an HTML page
as an order without an id, a time-out as a network error: these prove nothing, and the order may be live. It never guesses.

Errors are judged by the names in their class hierarchy, so that nothing here loads CCXT.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from execution.venues.exchange.capabilities import Capability


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    LEAVE_ALONE = "leave_alone"
    """The request was turned away unread, because there were too many."""


class Outcome(NamedTuple):
    """What an answer proves. `pause_s`: how long the exchange wants to be left alone [s]; 0 if it did not say."""

    verdict: Verdict
    note: str = ""
    pause_s: float = 0.0


_REJECTED = frozenset(
    {
        "InsufficientFunds", "InvalidOrder", "BadRequest", "BadSymbol", "AuthenticationError", "ArgumentsRequired",
        "NotSupported", "MarketClosed", "InvalidNonce",
    }
)  # fmt: skip
_NO_REJECTION = frozenset({"OrderNotFound", "DuplicateOrderId"})
"""Subclasses of the errors above that say nothing against the new order."""
_TOO_MANY = frozenset({"DDoSProtection", "RateLimitExceeded"})
_LEAST_PAUSE_S = 1.0
_BANNED_S = 120.0
"""What an address that was banned (418) waits where the exchange does not say how long [s]."""


def of_reply(reply: Any, client_id: str, row: Capability) -> Outcome:
    """What the answer to a new order proves."""
    if not isinstance(reply, Mapping):
        return Outcome(Verdict.UNKNOWN, "the answer names no order")
    if reply.get("status") == "rejected" and client_id_of(reply, row) == client_id:
        return Outcome(Verdict.REJECTED, f"the exchange rejected the order {_reason(reply)}".rstrip())
    if not _text(reply.get("id")):
        return Outcome(Verdict.UNKNOWN, "the answer names no order")
    if not row.echoes:
        return Outcome(Verdict.UNKNOWN, "the answer does not repeat the client id")
    if client_id_of(reply, row) != client_id:
        return Outcome(Verdict.UNKNOWN, "the answer is for another client id")
    return Outcome(Verdict.ACCEPTED)


def of_error(error: Exception, headers: Mapping[str, Any] | None = None, row: Capability | None = None) -> Outcome:
    """What an error proves that came instead of an answer to a new order. `headers`: those of the answer, if there was one;
    `row`: names the exchange's own words of refusal."""
    names = {each.__name__ for each in type(error).__mro__}
    note = short(error)
    if names & _TOO_MANY:
        return Outcome(Verdict.LEAVE_ALONE, note, pause_of(error, headers))
    if names & _NO_REJECTION or ("InvalidOrder" in names and "duplicate" in str(error).lower()):
        return Outcome(Verdict.UNKNOWN, note)
    refused = row is not None and any(words in str(error) for words in row.refusals)
    return Outcome(Verdict.REJECTED if refused or names & _REJECTED else Verdict.UNKNOWN, note)


def pause_of(error: Exception, headers: Mapping[str, Any] | None) -> float:
    """How long to leave the exchange alone after a 429 or 418 [s]: as it says, or else what is usual there."""
    told = {str(name).lower(): value for name, value in (headers or {}).items()}
    try:
        said = float(told.get("retry-after", ""))
    except (TypeError, ValueError):
        said = 0.0
    if not 0.0 < said < 86_400.0 * 7:
        said = _BANNED_S if " 418 " in f" {error} " else 0.0
    return max(said, _LEAST_PAUSE_S)


def unknown_to(error: Exception) -> bool:
    """Whether the exchange says that it knows no such order."""
    return any(each.__name__ == "OrderNotFound" for each in type(error).__mro__)


def passing(error: Exception) -> bool:
    """Whether the same question may be answered later: anything but what the listed errors say."""
    names = {each.__name__ for each in type(error).__mro__}
    return bool(names & (_TOO_MANY | {"InvalidNonce"})) or not names & (_REJECTED | _NO_REJECTION)


def client_id_of(order: Mapping[str, Any], row: Capability) -> str | None:
    """The client id of an order as CCXT gives it, read from the exchange's own fields first."""
    raw = order.get("info")
    if isinstance(raw, Mapping):
        for key in row.client_keys:
            if found := _text(raw.get(key)):
                return found
    return _text(order.get("clientOrderId"))


def short(error: BaseException) -> str:
    """The kind of an error and the begin of its text, on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:160]}" if text else type(error).__name__


def _reason(reply: Mapping[str, Any]) -> str:
    raw = reply.get("info")
    told = (
        [raw.get(key) for key in ("sCode", "sMsg", "code", "msg", "rejectReason")] if isinstance(raw, Mapping) else []
    )
    return " ".join(str(each) for each in told if each)[:160]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
