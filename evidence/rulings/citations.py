"""How well the court's check of evidence tells true citations from false ones, on a seeded corpus of both.

The cases are those of a simulated market. A field is cited as a model reads it (four significant digits, as
`agents.court.prompts.figures` prints it), in other spellings, and wrongly in eight ways. Each citation takes the whole path of a
reply: the strict shape of an answer, then the comparison with the case (`agents.court.grounding`).

Recall is the share of false citations that are refused; the false-refusal rate is that of true ones. A citation in another
spelling than the prompt asks for is true too, and is counted apart. A false one that is by chance what the value rounds to at
three digits counts as false: that it is let through is the price of the tolerance.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from agents.court.case import BookView, Case, lookup
from agents.court.grounding import is_grounded
from agents.court.opinion import Evidence
from agents.court.prompts.answers import WireEvidence
from agents.court.prompts.figures import written
from agents.strategies.vote import NetVote
from config.frozen import Frozen
from config.reading.load import load_profile
from config.seeds import generator
from config.silence import Abstained
from market.bar import Bar
from market.candles import RawCandles
from market.indicators.engine import SignalEngine
from market.signals import TechnicalSignals
from market.simulated.prices import simulate
from market.timeframe import Timeframe
from risk.proposal import Direction
from sentiment.headline import SentimentData

AS_ASKED = ("as printed", "with all its digits", "as printed, in quotes")
"""True citations as the prompt asks for them."""
OTHERWISE = ("three digits", "two digits", "thousands separators")
"""True citations in another spelling."""
FALSE = (
    "wrong sign", "another field", "the bar before", "percent for fraction", "fraction for percent", "one digit off",
    "a factor of ten", "truncated",
)  # fmt: skip
_SETTLED = 300
"""Bars after which every indicator is known."""
_BOOK = ("deployed_fraction", "drawdown", "day_return", "var_1d", "es_1d")


class KindCount(Frozen):
    """Citations of one kind: how many there were, and how many were refused."""

    kind: str
    is_true: bool
    as_asked: bool
    cited: int
    refused: int


class CitationFigures(Frozen):
    """What became of a corpus. `recall` in [0, 1]: false ones refused; the two others: true ones refused, in the spelling that
    the prompt asks for, and in other ones."""

    seed: int
    kinds: tuple[KindCount, ...]
    recall: float
    false_refusals: float
    other_spellings_refused: float


class _Cited(NamedTuple):
    kind: str
    field: str
    value: Any


def measure_citations(seed: int, cases: int) -> CitationFigures:
    """Try one citation of each kind that applies, for each figure of so many cases."""
    cited: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    chance = generator(seed, "citations")
    for before, case in _cases(seed, cases):
        for each in _citations(before, case, chance):
            cited[each.kind] += 1
            refused[each.kind] += not _stands(case, each)
    kinds = tuple(
        KindCount(
            kind=kind, is_true=kind not in FALSE, as_asked=kind in AS_ASKED, cited=cited[kind], refused=refused[kind]
        )
        for kind in (*AS_ASKED, *OTHERWISE, *FALSE)
    )
    return CitationFigures(
        seed=seed,
        kinds=kinds,
        recall=_share(kinds, FALSE),
        false_refusals=_share(kinds, AS_ASKED),
        other_spellings_refused=_share(kinds, OTHERWISE),
    )


def _share(kinds: tuple[KindCount, ...], names: tuple[str, ...]) -> float:
    own = [kind for kind in kinds if kind.kind in names]
    return sum(kind.refused for kind in own) / max(1, sum(kind.cited for kind in own))


def _stands(case: Case, cited: _Cited) -> bool:
    """Whether a citation passes the shape of an answer and stands in the case."""
    try:
        read = WireEvidence.model_validate({"field": cited.field, "value": cited.value, "claim": "so it is"})
    except ValidationError:
        return False
    return is_grounded(case, Evidence(field=read.field, value=read.value, claim=read.claim))


def _citations(before: Case, case: Case, chance: np.random.Generator) -> Iterator[_Cited]:
    figures = _figures(case)
    paths, earlier = list(figures), _figures(before)
    for path, value in figures.items():
        printed = written(value)
        told = float(printed)
        yield _Cited("as printed", path, told)
        yield _Cited("with all its digits", path, value)
        yield _Cited("as printed, in quotes", path, printed)
        yield _Cited("three digits", path, _rounded(value, 3))
        yield _Cited("two digits", path, _rounded(value, 2))
        if abs(told) >= 1000:
            yield _Cited("thousands separators", path, f"{told:,}")
        other = paths[int(chance.integers(len(paths)))]
        wrong = {
            "wrong sign": -told,
            "another field": float(written(figures[other])),
            "the bar before": float(written(earlier.get(path, value))),
            "percent for fraction": told * 100,
            "fraction for percent": told / 100,
            "one digit off": _digit_off(printed, chance),
            "a factor of ten": told * (10.0 if chance.random() < 0.5 else 0.1),
            "truncated": _truncated(value, 3),
        }
        for kind, said in wrong.items():
            is_rounded = kind == "truncated" and said == _rounded(value, 3)
            if abs(said - value) > _half_a_printed_digit(value) and not is_rounded:
                yield _Cited(kind, path, said)


def _half_a_printed_digit(value: float) -> float:
    """What a printed number may be off: a citation within is the number itself, however it came about."""
    return 0.5 * 10.0 ** (Decimal(repr(value)).adjusted() - 3) * (1 + 1e-9)


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def _truncated(value: float, digits: int) -> float:
    unit = Decimal(1).scaleb(Decimal(repr(value)).adjusted() - digits + 1)
    return float((Decimal(repr(value)) / unit).to_integral_value(rounding="ROUND_DOWN") * unit)


def _digit_off(printed: str, chance: np.random.Generator) -> float:
    """The printed number with one of its digits replaced by a neighbour."""
    places = [place for place, sign in enumerate(printed) if sign.isdigit()]
    place = places[int(chance.integers(len(places)))]
    digit = int(printed[place])
    moved = digit + (1 if digit == 0 or (digit < 9 and chance.random() < 0.5) else -1)
    return float(f"{printed[:place]}{moved}{printed[place + 1 :]}")


def _figures(case: Case) -> dict[str, float]:
    """Every number of a case that can be cited and is not nought, by its path."""
    paths = [
        f"signals.{length}.{name}" for length in case.signals for name in TechnicalSignals.model_fields
    ] + [f"book.{name}" for name in _BOOK]  # fmt: skip
    found = {}
    for path in paths:
        try:
            value = lookup(case, path)
        except KeyError:
            continue
        if isinstance(value, float) and value != 0.0:
            found[path] = value
    return found


def _cases(seed: int, count: int) -> Iterator[tuple[Case, Case]]:
    """So many cases of simulated markets, each with the case of the bar before; all indicators are known."""
    settings = load_profile("backtest", {"market.session_days": max(1, -(-count // 24))})
    markets = simulate(settings, seed).candles
    symbol, candles = next(iter(markets.items()))
    engine = SignalEngine(symbol, Timeframe.H1)
    chance, previous = generator(seed, "citations", "book"), None
    for row in range(len(candles.close)):
        engine.push(_bar(symbol, candles, row))
        if row < _SETTLED or len(candles.close) - row > count + 1:
            continue
        case = _case(symbol, engine, chance)
        if previous is not None:
            yield previous, case
        previous = case


def _bar(symbol: str, candles: RawCandles, row: int) -> Bar:
    moment = np.datetime64(int(candles.close_ms[row]), "ms").item()
    return Bar(
        symbol=symbol, timeframe=Timeframe.H1, close_utc=moment.replace(tzinfo=UTC), open=float(candles.open[row]),
        high=float(candles.high[row]), low=float(candles.low[row]), close=float(candles.close[row]),
        volume=float(candles.volume[row]),
    )  # fmt: skip


def _case(symbol: str, engine: SignalEngine, chance: np.random.Generator) -> Case:
    signals = engine.view()
    moment = signals[Timeframe.H1].close_utc
    deployed, drawdown, day, var = chance.uniform(0.001, [0.9, 0.2, 0.05, 0.04]).tolist()
    return Case(
        decision_id="cited",
        symbol=symbol,
        as_of_utc=moment,
        base_timeframe=Timeframe.H1,
        proposal=NetVote(direction=Direction.LONG, conviction=0.6, against=0.0, votes=()),
        signals=signals,
        sentiment=SentimentData(symbol=symbol, as_of_utc=moment, score=Abstained(why="no source")),
        book=BookView(
            equity=10_000.0, deployed_fraction=deployed, drawdown=drawdown, day_return=-day, var_1d=var,
            es_1d=var * 1.3, held=(), worst_correlation=None, last_sigma=1.0, losses_in_a_row=0, breaker=None,
        ),
    )  # fmt: skip
