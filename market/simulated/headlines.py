"""Headlines of the simulated market: some report its jumps, before or after them, some follow its mood, some are wrong.

The exchanges and funds in them are invented. Each random stream is drawn as a table of fixed width, one row for each event or
time slot, so that one more day or symbol changes no other headline.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from config.clock import from_ms
from market.candles import Floats, Millis
from market.news import NewsRow

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
_TOLD_BEFORE, _TOLD_AFTER, _TOLD_TWICE, _TOLD_WRONG = 0.30, 0.85, 0.40, 0.12
_TONE_SHARE, _MOOD_SHARE = 0.30, 0.35
_NAMES = {
    "BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana", "XRP": "XRP", "ADA": "Cardano", "DOGE": "Dogecoin",
    "LINK": "Chainlink", "BNB": "BNB", "LTC": "Litecoin", "AVAX": "Avalanche", "DOT": "Polkadot", "MATIC": "Polygon",
}  # fmt: skip
_EXCHANGES = ("Harborline", "Northgate", "Meridian Exchange", "Coinwharf", "Vela Markets")
_FUNDS = ("Larkspur Capital", "Stonebridge Asset Management", "Aldgate Partners", "Kestrel Funds")

_COIN_UP = (
    "{exchange} lists {name}, trading opens with strong demand",
    "{name} upgrade goes live on mainnet without issues, fees drop {n}%",
    "{fund} wins approval for {name} ETF, shares to start trading next week",
    "{name} ETF inflows hit record ${m} million in a single day",
    "{name} rallies {n}% as whales accumulate after protocol upgrade",
    "Regulators clear {name} in landmark ruling, holders celebrate victory",
    "Payments giant adds support for {name}, partnership boosts adoption",
    "{name} shorts liquidated for ${m} million as price surges past resistance",
)
_COIN_DOWN = (
    "{name} bridge hacked, ${m} million stolen in exploit",
    "{exchange} halts {name} withdrawals after security breach",
    "Regulator sues {name} foundation over unregistered securities, fraud alleged",
    "{exchange} to delist {name} amid regulatory pressure",
    "{name} network outage enters hour {h}, validators struggle to restart chain",
    "{name} plunges {n}% as liquidation cascade wipes out ${m} million in longs",
    "{name} ETF bleeds ${m} million in worst outflows since launch",
    "Critical bug forces emergency delay of {name} upgrade, investors worried",
)
_COIN_FLAT = (
    "{name} trades sideways as volumes thin out",
    "{name} price analysis: key levels to watch this week",
    "{name} developers discuss roadmap on community call",
    "{fund} publishes quarterly report on {name}",
    "What traders expect from {name} options expiry on Friday",
)
_COIN_FIRM = (
    "{name} edges higher as buyers return",
    "Analyst sees improving {name} fundamentals despite quiet market",
    "{fund} adds {name} to its model portfolio, cites growing adoption",
    "{name} active addresses hit a {h}-month high",
    "Developers praise smooth {name} testnet launch",
)
_COIN_SOFT = (
    "{name} slips as profit taking weighs on price",
    "Analyst warns {name} rally looks tired, momentum fading",
    "{name} fees draw complaints from frustrated users",
    "{name} whale moves ${m} million to {exchange}, traders uneasy",
    "{fund} trims {name} holdings, cites weak demand",
)
_MARKET_UP = (
    "Spot crypto ETFs see ${m} million of inflows, best day this quarter",
    "Fed signals rate cuts, risk assets and crypto rally",
    "Inflation cools more than expected, bitcoin and stocks jump",
    "Lawmakers pass bipartisan crypto bill, industry hails win for clarity",
    "Crypto shorts suffer ${m} million in liquidations as market surges",
    "Pension fund approves first crypto allocation, confidence improves",
)
_MARKET_DOWN = (
    "Crypto market crashes as ${m} million in leveraged longs are liquidated",
    "Hot inflation print sinks crypto, traders fear higher rates for longer",
    "Fed surprises with hawkish tone, bitcoin leads losses",
    "Spot crypto ETFs lose ${m} million in outflows, selling pressure mounts",
    "Stablecoin issuer under investigation, depeg fears spread panic",
    "{exchange} files for bankruptcy, withdrawals frozen and contagion feared",
    "Government unveils crackdown on crypto exchanges, prices tumble",
)
_MARKET_FIRM = (
    "Crypto market gains ground as appetite for risk improves",
    "Stablecoin supply grows {h} weeks in a row, a hopeful sign for traders",
    "Survey finds fund managers more optimistic on digital assets",
)
_MARKET_SOFT = (
    "Crypto market drifts lower, traders cautious",
    "Trading volumes fall {n}% as interest fades",
    "Survey finds retail investors worried about crypto",
)
_MARKET_FLAT = (
    "Crypto market steady ahead of Fed minutes",
    "Five things to know in crypto this week",
    "Total crypto market volume little changed as traders wait for jobs data",
    "Here's what happened in crypto today",
)


_OF_JUMPS = {("coin", 1): _COIN_UP, ("coin", -1): _COIN_DOWN, ("market", 1): _MARKET_UP, ("market", -1): _MARKET_DOWN}
_OF_CHATTER = {
    ("coin", 1): _COIN_FIRM, ("coin", 0): _COIN_FLAT, ("coin", -1): _COIN_SOFT,
    ("market", 1): _MARKET_FIRM, ("market", 0): _MARKET_FLAT, ("market", -1): _MARKET_SOFT,
}  # fmt: skip


class Jumps(NamedTuple):
    """The jumps of prices: their times, shape (n,) [ms since 1970 UTC], and their sizes, shape (n,) [log return]."""

    at_ms: Millis
    size: Floats


def told_of_jumps(chance: np.random.Generator, base: str | None, jumps: Jumps) -> Iterator[NewsRow]:
    """Headlines before and after each jump of a coin, or of the whole market when `base` is None."""
    templates = {tone: _OF_JUMPS["coin" if base else "market", tone] for tone in (1, -1)}
    draws = chance.random((len(jumps.at_ms), 12)).tolist()
    for at_ms, size, u in zip(jumps.at_ms.tolist(), jumps.size.tolist(), draws, strict=True):
        told = templates[(1 if size > 0 else -1) * (-1 if u[0] < _TOLD_WRONG else 1)]
        if u[1] < _TOLD_BEFORE:
            yield _row(base, told, at_ms - int((20 + 160 * u[2]) * _MINUTE_MS), u[3], u[4])
        if u[5] < _TOLD_AFTER:
            yield _row(base, told, at_ms + int((2 + 40 * u[6]) * _MINUTE_MS), u[7], u[8])
        if u[5] < _TOLD_AFTER * _TOLD_TWICE:
            yield _row(base, told, at_ms + int((45 + 120 * u[9]) * _MINUTE_MS), u[10], u[11])


def chatter(
    chance: np.random.Generator, base: str | None, start_ms: int, mood: Floats, *, per_day: float
) -> Iterator[NewsRow]:
    """Headlines without a jump. `mood`, shape (days,), float64, -1 to 1 [dimensionless], sets their tone.

    `per_day` is their mean number a day, at most 4; `start_ms` is the first day [ms since 1970 UTC].
    """
    slots = chance.random((len(mood), 4, 5)).tolist()
    for day, (lean, slots_of_day) in enumerate(zip(mood.tolist(), slots, strict=True)):
        for told, when, tone, which, delay in slots_of_day:
            if told < per_day / 4:
                at_ms = start_ms + int((day + when) * _DAY_MS)
                templates = _OF_CHATTER["coin" if base else "market", _leaning(tone, lean)]
                yield _row(base, templates, at_ms, which, delay)


def _leaning(u: float, lean: float) -> int:
    up = _TONE_SHARE + _MOOD_SHARE * lean
    down = _TONE_SHARE - _MOOD_SHARE * lean
    return 1 if u < up else -1 if u < up + down else 0


def _row(base: str | None, templates: tuple[str, ...], published_ms: int, which: float, delay: float) -> NewsRow:
    choice = which * len(templates)
    detail = choice % 1.0  # the rest of the same random number selects the names and figures
    text = templates[int(choice)].format(
        name=_NAMES.get(base or "", base),
        exchange=_EXCHANGES[int(detail * len(_EXCHANGES))],
        fund=_FUNDS[int(detail * len(_FUNDS))],
        n=4 + int(detail * 18),
        m=40 + int(detail * 560),
        h=2 + int(detail * 10),
    )
    first_seen_ms = published_ms + int((1 + 14 * delay) * _MINUTE_MS)
    return NewsRow(from_ms(published_ms), from_ms(first_seen_ms), () if base is None else (base,), text)
