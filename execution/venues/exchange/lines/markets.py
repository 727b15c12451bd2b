"""The exchange's rules of the session's markets: asked for once a day, and kept on disk for a start without an answer.

A kept file is used for a day without asking, and for a week where the exchange does not answer. It holds the session's markets
alone, so loading it does not stop the event loop.
"""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any

from config.clock import Clock, from_ms, to_ms
from config.errors import DataFault, UsageFault
from config.files import write_whole
from execution.venues.exchange.lines.line import NoAnswer, Refused
from execution.venues.exchange.lines.wires import Wires

_FRESH = timedelta(days=1)
_USABLE = timedelta(days=7)
_PATIENCE_S = 30.0


async def load_markets(
    wires: Wires,
    symbols: Sequence[str],
    folder: Path,
    clock: Clock,
    kept: Collection[str] = (),
    *,
    perpetual: bool = False,
) -> dict[str, dict[str, Any]]:
    """The markets by symbol, given to every CCXT instance too. Those of `kept` may be missing: a run that is resumed had them
    once.

    `perpetual`: they are linear perpetuals. CCXT calls those BASE/QUOTE:QUOTE; its instances are given them as BASE/QUOTE, as
    everything here calls them, and have no other market. Raises UsageFault for another market that the exchange has not, and
    DataFault without an answer.
    """
    find = _find_perpetual if perpetual else _find_spot
    file = _file(wires, symbols, folder, perpetual=perpetual)
    age, known = _kept(file, clock)
    if known is None or age > _FRESH or kept:  # a run that was away asks again: a market may have gone meanwhile
        try:
            every = await wires.data.ask("markets", lambda ccxt: ccxt.load_markets(), _PATIENCE_S)
        except (NoAnswer, Refused) as fault:
            if known is None or age > _USABLE:
                raise DataFault(
                    f"{wires.data.ccxt.id} does not tell its markets ({fault}). Nothing was started. Try again later."
                ) from None
        else:
            there = [symbol for symbol in symbols if symbol not in kept or find(every, symbol) is not None]
            known = [_asked(every, symbol, wires.data.ccxt.id, find, perpetual=perpetual) for symbol in there]
            text = json.dumps({"at": to_ms(clock.now()), "markets": known}, default=str)
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(file, text.encode())
    markets = [_exact(market) for market in known]
    for ccxt in wires.all:
        ccxt.set_markets(markets)
    return {market["symbol"]: market for market in markets}


def _file(wires: Wires, symbols: Sequence[str], folder: Path, *, perpetual: bool) -> Path:
    """One file for an exchange, its address and these markets."""
    kind = ["perpetual"] if perpetual else []
    where = json.dumps([wires.data.ccxt.urls["api"], sorted(symbols), *kind], sort_keys=True)
    return folder / f"markets-{wires.data.ccxt.id}-{sha256(where.encode()).hexdigest()[:12]}.json"


def _kept(file: Path, clock: Clock) -> tuple[timedelta, list[Any] | None]:
    """The markets of the file and their age; None for no file, and for one that is not whole."""
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
        return clock.now() - from_ms(int(tree["at"])), [dict(market) for market in tree["markets"]]
    except (OSError, ValueError, KeyError, TypeError):
        return timedelta(0), None


def _find_spot(markets: Any, symbol: str) -> Any:
    """The spot market of a symbol; None if there is none."""
    return markets[symbol] if symbol in markets and markets[symbol].get("spot") else None


def _find_perpetual(markets: Any, symbol: str) -> Any:
    """The linear perpetual of a symbol, under that name; None if there is none."""
    found = markets.get(f"{symbol}:{symbol.partition('/')[2]}")
    if found is None or not found.get("swap") or not found.get("linear"):
        return None
    return {**found, "symbol": symbol}


def _asked(markets: Any, symbol: str, exchange: str, find: Callable[[Any, str], Any], *, perpetual: bool) -> Any:
    found = find(markets, symbol)
    if found is None:
        kind = "linear perpetual" if perpetual else "spot market"
        base = symbol.partition("/")[0]
        if perpetual and f"{symbol}:{base}" in markets:
            raise UsageFault(
                f"{exchange} has {symbol} as an inverse perpetual only, whose profits are paid in {base}: its formulas differ. "
                "Nothing was started. Name a market that is paid in its quote currency, such as BTC/USDT."
            )
        names = [name.partition(":")[0] for name in markets]
        near = get_close_matches(
            symbol, [name for name in dict.fromkeys(names) if find(markets, name) is not None], n=1
        )
        raise UsageFault(
            f"{exchange} has no {kind} {symbol}. Nothing was started; "
            + (f"did you mean {near[0]}?" if near else "check the name.")
        )
    return found


def _exact(market: Any) -> Any:
    """The market with numbers where JSON made text of decimals."""
    numbers = {name: _numbers(market.get(name)) for name in ("precision", "limits", "maker", "taker", "contractSize")}
    return {**market, **numbers}


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
