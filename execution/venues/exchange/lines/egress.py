"""Where connections may go: to the hosts of one exchange and nowhere else, whatever CCXT, a redirect or a setting says (law 13).

With `venue.url` all addresses are moved to that one host. Without encryption it must be this machine: keys would be readable on
the way to any other.
"""

import ipaddress
import ssl
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from config.errors import UsageFault
from config.reading.connections import loaded

loaded("aiohttp")  # first without the certificates of the environment, on which its import may fail

from aiohttp import ClientConnectionError, ClientSession, TCPConnector, TraceConfig  # noqa: E402


class NotThisHost(ClientConnectionError):
    """A connection to a host that is not the exchange's was refused. CCXT takes it for an exchange that cannot be reached."""


def hosts_of(urls: Any, hostname: str | None) -> frozenset[str]:
    """The hosts in a tree of addresses as CCXT keeps it, where `{hostname}` stands for the exchange's own."""
    return frozenset(
        host for url in _leaves(urls) if (host := urlsplit(url.replace("{hostname}", hostname or "")).hostname)
    )


def moved(urls: Any, url: str) -> Any:
    """The tree of addresses with `url`'s host in each: websockets beside the rest, on the same host.

    Raises UsageFault for an address that is none, or one without encryption that is not on this machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.path.strip("/"):
        raise UsageFault(
            f"venue.url {url!r} is no address like http://127.0.0.1:8080. Nothing was started. Correct it."
        )
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise UsageFault(
            f"venue.url {url!r} is not encrypted and not on this machine: keys could be read on the way. Nothing was started. "
            "Use https, or a simulator on 127.0.0.1."
        )
    return _moved(urls, parts.scheme == "https", parts.netloc)


def session_for(hosts: frozenset[str]) -> ClientSession:
    """A session that connects to these hosts alone. It reads no proxies from the environment. Raises OSError."""
    tracing = TraceConfig()

    async def refuse(_: ClientSession, __: SimpleNamespace, asked: Any) -> None:
        if asked.url.host not in hosts:
            raise NotThisHost(f"{asked.url.host} is no host of this exchange")

    async def no_redirect(_: ClientSession, __: SimpleNamespace, asked: Any) -> None:
        raise NotThisHost(f"{asked.url.host} sends requests elsewhere")

    tracing.on_request_start.append(refuse)
    tracing.on_request_redirect.append(no_redirect)
    connector = TCPConnector(ssl=ssl.create_default_context(), limit_per_host=20)
    return ClientSession(connector=connector, trace_configs=[tracing], trust_env=False)


def _moved(tree: Any, encrypted: bool, netloc: str) -> Any:
    if isinstance(tree, dict):
        return {name: _moved(value, encrypted, netloc) for name, value in tree.items()}
    if not isinstance(tree, str):
        return tree
    parts = urlsplit(tree)
    scheme = ("ws" if parts.scheme in ("ws", "wss") else "http") + ("s" if encrypted else "")
    # CCXT tells Binance's spot streams from others by the word in their address, which is only in the real host's name.
    path = f"/stream{parts.path}" if parts.netloc.startswith("stream.") else parts.path
    return urlunsplit((scheme, netloc, path, parts.query, parts.fragment))


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _leaves(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from _leaves(value)
    elif isinstance(tree, str):
        yield tree
