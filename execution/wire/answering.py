"""The answer to one request, over REST or websocket: limits, key, signature, parameters, and then the endpoint.

It knows no socket. A request that is refused has counted, as it does at the exchange.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from execution.wire.access import Access, Key, Limits
from execution.wire.request import Endpoint, Request
from execution.wire.trading import refusals
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.refusals import Refused


class Reply(NamedTuple):
    """Status, body as a tree of values, and headers."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Answering:
    """The exchange behind its checks."""

    def __init__(self, exchange: Exchange, access: Access, limits: Limits) -> None:
        self.exchange, self.access, self.limits = exchange, access, limits

    def rest(self, endpoint: Endpoint, query: str, body: str, key_name: str | None) -> Reply:
        """The reply to a request with this query and this body, as they were sent."""
        signed = "".join(part for part in (_unsigned(query), _unsigned(body)) if part)
        return self._reply(endpoint, read(query, body), key_name, signed)

    def message(self, endpoint: Endpoint, values: Mapping[str, Any]) -> Reply:
        """The reply to a message with these values: what is signed there is their text in order of the names."""
        params = texts(values)
        return self._reply(endpoint, params, params.get("apiKey"), payload(params))

    def signed_key(self, values: Mapping[str, Any]) -> Key:
        """The key that signed a message. Raises Refused."""
        params = texts(values)
        key = self.access.key(params.get("apiKey"))
        self.access.check_signed(key, payload(params), params)
        return key

    def _reply(self, endpoint: Endpoint, params: Mapping[str, str], key_name: str | None, signed: str) -> Reply:
        try:
            told = self._answer(endpoint, params, key_name, signed)
        except Refused as refused:
            return self.refusal(refused, orders=endpoint.orders)
        return Reply(200, told, self.limits.headers(endpoint.orders))

    def refusal(self, refused: Refused, *, orders: bool = False) -> Reply:
        """A refusal as a reply, with how long to wait where the exchange says so."""
        headers = self.limits.headers(orders)
        if refused.why.status in (418, 429) and self.limits.retry_after_s:
            headers["Retry-After"] = str(self.limits.retry_after_s)
        return Reply(refused.why.status, refused.body(), headers)

    def _answer(self, endpoint: Endpoint, params: Mapping[str, str], key_name: str | None, signed: str) -> Any:
        self.limits.weigh(endpoint.weight(params))
        key = None
        if endpoint.keyed:
            key = self.access.key(key_name)
        if endpoint.signed:
            key = self.access.key(key_name)
            self.access.check_signed(key, signed, params)
        if endpoint.orders:
            if key is not None and not key.trades:
                raise Refused(refusals.BAD_KEY)
            self.limits.order()
        endpoint.check(params)
        return endpoint.answer(Request(self.exchange, self.access.now_ms(), params, key))


def read(query: str, body: str) -> dict[str, str]:
    """The parameters in a query and a body."""
    return {name: value for part in (query, body) for name, value in parse_qsl(part, keep_blank_values=True)}


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """The values of a message as a query would spell them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


def payload(params: Mapping[str, str]) -> str:
    """What a client signs of a message."""
    return "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "signature")


def _unsigned(text: str) -> str:
    """A query or a body without its signature, as it was signed."""
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))
