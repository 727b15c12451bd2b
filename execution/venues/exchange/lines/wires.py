"""The lines of one account: CCXT instances apart for entries, for exits and what is asked about them, for market data and for the
user's stream.

Each has a throttle and connections of its own: a cancel never waits behind a download, nor behind a question about an exit.
All of them connect to the hosts of the exchange alone, count exactly, never repeat a request by themselves, and hold the
clock difference that was measured. What CCXT would add of its own accord (an affiliate's prefix, requests for currencies and
futures) is switched off.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from config.errors import DataFault, UsageFault
from config.reading.connections import NoClient, ccxt_client, client_of, loaded
from config.seeds import generator
from execution.venues.exchange.capabilities import Capability, Play
from execution.venues.exchange.lines.egress import hosts_of, moved, session_for
from execution.venues.exchange.lines.line import Budget, Line, Pace, Quiet, Turn

if TYPE_CHECKING:
    from aiohttp import ClientSession

KEEP_ALIVE_MS = 12_000
"""A stream that is silent for so long is asked for a sign of life."""


class ExchangeKeys(NamedTuple):
    """Keys of one account at one exchange. They are never shown."""

    key: str
    secret: str
    password: str | None = None

    def __repr__(self) -> str:
        return "ExchangeKeys(***)"


class Wires(NamedTuple):
    """The lines of one account."""

    trading: Line
    exits: Line
    """Questions about exits."""
    urgent: Line
    """Cancels, and the creation of exits: nothing else, so that none of them waits for the rate limit of a question."""
    data: Line
    stream: Any
    """CCXT's instance for the user's stream; None where the exchange has none."""
    quiet: Quiet

    @property
    def all(self) -> tuple[Any, ...]:
        """Every CCXT instance."""
        return tuple(
            each
            for each in (self.trading.ccxt, self.exits.ccxt, self.urgent.ccxt, self.data.ccxt, self.stream)
            if each is not None
        )

    def correct_clock(self, ahead_ms: int) -> None:
        """Let every instance sign with the exchange's time. `ahead_ms`: how far this machine's clock is ahead of it."""
        for ccxt in self.all:
            ccxt.options["timeDifference"] = ahead_ms


@asynccontextmanager
async def wires_of(
    row: Capability, keys: ExchangeKeys, url: str | None, pace: Pace, seed: int, *, live: bool
) -> AsyncIterator[Wires]:
    """Open all lines, and close them at the end. Raises UsageFault and DataFault."""
    opened, sessions = list[Any](), list["ClientSession"]()
    try:
        for package, signed in (
            ("async_support", True),
            ("async_support", True),
            ("async_support", True),
            ("async_support", False),
            ("pro", True),
        ):
            ccxt = _instance(row, package, keys if signed else None, url, pace, live=live)
            opened.append(ccxt)
            sessions.append(_session(hosts_of(ccxt.urls["api"], ccxt.hostname)))
            ccxt.session, ccxt.own_session = sessions[-1], False
        budget, quiet, turn = Budget(pace.retries, pace.retries_per_s), Quiet(), Turn() if row.serial else None
        trading, exits, urgent, data = (
            Line(
                ccxt, pace, budget, quiet, generator(seed, "exchange", "retries", name),
                exits=name in ("exits", "urgent"), turn=None if name == "data" else turn,
            )
            for ccxt, name in zip(opened, ("trading", "exits", "urgent", "data"), strict=False)
        )  # fmt: skip
        stream = opened[4] if opened[4].has.get("watchOrders") else None
        with _unheard_errors_dropped():
            yield Wires(trading, exits, urgent, data, stream, quiet)
    finally:
        for ccxt in opened:
            await ccxt.close()
        for session in sessions:
            await session.close()


def _instance(
    row: Capability, package: str, keys: ExchangeKeys | None, url: str | None, pace: Pace, *, live: bool
) -> Any:
    """One CCXT instance, for spot markets and nothing else, or for linear perpetuals alone. Raises UsageFault."""
    signed: Mapping[str, Any] = {}
    if keys is not None:
        signed = {"apiKey": keys.key, "secret": keys.secret, "password": keys.password or ""}
    asked = {
        "enableRateLimit": pace.throttled,
        "timeout": int(pace.timeout_s * 1000),
        "aiohttp_trust_env": False,
        **signed,
    }
    ccxt = ccxt_client(f"ccxt.{package}", row.exchange, asked)
    ccxt.number = str  # exact; with Decimal, CCXT 4.5.90 loses the fees of trades without a word
    ccxt.has["fetchCurrencies"] = False
    ccxt.timeout_on_exit = 0
    options = ccxt.options
    options["maxRetriesOnFailure"] = 0
    options["defaultType"] = "spot"
    options.update({name: _joined(options.get(name), value) for name, value in row.options.items()})
    if not row.perpetual and isinstance(options.get("fetchMarkets"), dict) and "types" in options["fetchMarkets"]:
        options["fetchMarkets"]["types"] = ["spot"]
    if row.window:
        options[row.window] = int(row.late_s * 1000)
    options["timeDifference"] = 0
    options["ws"] = {**(options.get("ws") or {}), "keepAlive": KEEP_ALIVE_MS}
    ccxt.streaming = {**(ccxt.streaming or {}), "keepAlive": KEEP_ALIVE_MS}
    if url is not None:
        ccxt.urls["api"] = moved(ccxt.urls["api"], url)
    elif not live:
        _play(ccxt, row)
    return ccxt


def _play(ccxt: Any, row: Capability) -> None:
    """Turn to the exchange's own world of play money. `set_sandbox_mode` fails with a TypeError where there is none."""
    if row.play is Play.DEMO:
        ccxt.enable_demo_trading(True)
    elif row.play is Play.TEST and ccxt.urls.get("test"):
        ccxt.set_sandbox_mode(True)
    else:
        raise UsageFault(
            f"CCXT {loaded('ccxt').__version__} knows no test network of {row.exchange}. Nothing was started. Install the "
            "version in constraints.txt."
        )


def _session(hosts: frozenset[str]) -> "ClientSession":
    try:
        return client_of(lambda: session_for(hosts))
    except NoClient as fault:
        raise DataFault(f"Nothing was started: {fault}.") from fault


@contextmanager
def _unheard_errors_dropped() -> Iterator[None]:
    """CCXT leaves futures behind when a stream cannot be dialled, and asyncio prints a traceback for each."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def handle(of: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if type(context.get("exception")).__module__.startswith("ccxt.") and "task" not in context:
            return
        (before or type(of).default_exception_handler)(of, context)

    loop.set_exception_handler(handle)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


def _joined(before: Any, after: Any) -> Any:
    return {**before, **after} if isinstance(before, dict) and isinstance(after, dict) else after
