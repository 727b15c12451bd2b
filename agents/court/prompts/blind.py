"""Blinded cases: everything that could identify the past is removed before a model reads the case.

A model may know the price history of a coin after a given date. So names become ASSET-A and QUOTE. Times move to one
fixed date, with all ages kept. Prices, and values in price units, are scaled so that the base close is 100. Names,
dates and amounts in free text are masked. One thing cannot be hidden: a model may still recognise a famous event by
its headline.

Replies cite the blinded numbers. `unblind` compares each citation with the blinded case: a match gets the real value,
and a mismatch gets a value that cannot match. So a price that the model remembers is struck out like any other
invented value.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.court.case import BookView, Case, lookup
from agents.court.condition import Condition, holds
from agents.court.grounding import AnyOpinion, is_grounded
from agents.court.opinion import AnalystOpinion, Evidence
from agents.court.prompts.fence import clean
from agents.court.shown.path import PricePath
from agents.court.shown.trade import PRICES as TRADE_PRICES
from agents.court.thesis import ReviewView
from agents.strategies.vote import NetVote
from config.frozen import Frozen
from config.silence import Abstained
from market.context.catalogue import CATALOGUE
from market.context.view import MarketContext
from market.signals import TechnicalSignals
from sentiment.bases import first_bases_in
from sentiment.headline import Headline, SentimentData

INDEX = 100.0
"""The value of the base close, and of every volume, in a blinded case."""
PRICES = frozenset(
    {
        "open", "high", "low", "close", "macd", "macd_signal", "macd_hist", "bb_upper", "bb_middle", "bb_lower",
        "sma_20", "sma_50", "sma_200", "ema_12", "ema_26", "atr_14_quote", "highest_20", "lowest_20", "vwap_day", "vwap_20",
        "highest_10", "lowest_10", "highest_55", "lowest_55", "keltner_upper", "keltner_middle", "keltner_lower",
        "supertrend", "support", "resistance",
    }
)  # fmt: skip
"""Fields of the signals in quote units."""

_HIDDEN = frozenset({"volume", "obv"})
"""Fields of the signals that no factor carries back."""
_DATE = datetime(2000, 1, 3, tzinfo=UTC)
_OTHER = "ASSET-X"
_UNKNOWN = Abstained(why="unknown")
_TEXT_CAP = 500
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_DATES = re.compile(
    rf"\b\d{{4}}-\d\d?(?:-\d\d?)?\b|\b\d\d?[./-]\d\d?[./-]\d{{2,4}}\b|\b{_MONTH}\.? \d{{1,4}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?"
    rf"|\b\d\d?(?:st|nd|rd|th)? {_MONTH}\b(?: \d{{4}}\b)?|\bQ[1-4] ?'?(?:19|20)?\d\d\b|\b(?:19|20)\d\d\b|'\d\d\b"
    r"|\b(?:January|February|April|June|July|August|September|October|November|December)\b"
)
_AMOUNTS = re.compile(
    r"[$€£¥₩] ?\d[\d.,]*(?: ?(?:k|m|bn|b|tn|thousand|million|billion|trillion)\b)?|\b\d{1,3}(?:,\d{3})+(?:\.\d+)?\b"
    r"|\b\d+(?:\.\d+)?k\b|(?<![\d.])\d{4,}(?:\.\d+)?\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\$?[^\W_]+")


@dataclass(frozen=True, slots=True)
class BlindView:
    """A case as a blinded mind reads it: the masked `case`, the real case, and the aliases."""

    case: Case
    real: Case
    factor: float
    names: tuple[tuple[str, str], ...]
    """Pairs (base, alias); the case's own base is first."""

    def mask(self, text: str) -> str:
        """Return the text without the names, dates and amounts that are recognised in it."""
        return _mask(text, self.names, _quote(self.real.symbol))

    def unblind(self, word: AnyOpinion) -> AnyOpinion:
        """Return the opinion with the real values in its evidence and its condition; its free text is unchanged."""
        changes: dict[str, object] = {"evidence": tuple(self._real(item) for item in word.evidence)}
        turn = word.would_change_my_mind if isinstance(word, AnalystOpinion) else None
        if isinstance(turn, Condition):
            changes["would_change_my_mind"] = self._real_condition(turn)
        return word.model_copy(update=changes)

    def _real_condition(self, turn: Condition) -> Condition | None:
        """Return the condition on the real field; None where the blinded case does not show the field as it is."""
        name, value = turn.field.rpartition(".")[2], turn.value
        if name in _HIDDEN or holds(self.case, turn) is None:
            return None
        if name in PRICES and isinstance(value, int | float) and not isinstance(value, bool):
            return turn.model_copy(update={"value": value / self.factor})
        return turn

    def _real(self, item: Evidence) -> Evidence:
        if is_grounded(self.case, item):
            return item.model_copy(update={"value": lookup(self.real, item.field)})
        value = item.value
        if _is_price(item.field) and isinstance(value, int | float) and not isinstance(value, bool):
            value = value / self.factor
        moved = item.model_copy(update={"value": value})
        return item.model_copy(update={"value": None}) if is_grounded(self.real, moved) else moved


def blind(case: Case) -> BlindView:
    """Return the blinded view of a case. The same case gives the same view."""
    close = case.signals[case.base_timeframe].close
    factor = INDEX / close if close > 0 else 1.0
    names = _names(case)
    shift = _DATE - case.as_of_utc
    quote = _quote(case.symbol)
    symbol = _symbol(case.symbol, names)
    shown = case.model_copy(
        update={
            "decision_id": "blind",
            "symbol": symbol,
            "as_of_utc": _DATE,
            "proposal": _vote(case.proposal, symbol, names, quote),
            "signals": {length: _signals(now, symbol, factor, shift) for length, now in case.signals.items()},
            "sentiment": _sentiment(case.sentiment, symbol, shift, names, quote),
            "context": _context(case, symbol),
            "instructions": case.instructions
            and {context: _mask(text, names, quote) for context, text in case.instructions.items()},
            "book": _book(case.book, names, quote),
            "trade": case.trade and case.trade.model_copy(update=_scaled(case.trade, TRADE_PRICES, factor)),
            "path": case.path and _path(case.path, factor),
            "review": None if case.review is None else _review(case.review, shift, names, quote),
        }
    )
    return BlindView(shown, case, factor, names)


def _is_price(field: str) -> bool:
    section, _, name = field.partition(".")
    return name in TRADE_PRICES if section == "trade" else name.rpartition(".")[2] in PRICES


def _scaled(values: Frozen, names: Iterable[str], factor: float) -> dict[str, float]:
    """The values in quote units among these, indexed."""
    return {name: value * factor for name in names if (value := getattr(values, name)) is not None}


def _path(path: PricePath, factor: float) -> PricePath:
    """The path of the index. A volume is a part of the mean, because coins tell which market it is."""
    return PricePath(
        closes=tuple(close * factor for close in path.closes),
        volumes=_of_mean(path.volumes),
        daily_closes=tuple(close * factor for close in path.daily_closes),
        daily_volumes=_of_mean(path.daily_volumes),
    )


def _of_mean(volumes: tuple[float, ...]) -> tuple[float, ...]:
    mean = sum(volumes) / len(volumes) if volumes else 0.0
    return tuple(INDEX * volume / mean for volume in volumes) if mean > 0 else (0.0,) * len(volumes)


def _book(book: BookView, names: tuple[tuple[str, str], ...], quote: str) -> BookView:
    held = tuple(_symbol(symbol, names) for symbol in book.held)
    positions = tuple(
        one.model_copy(
            update={"symbol": _symbol(one.symbol, names), "thesis": one.thesis and _mask(one.thesis, names, quote)}
        )
        for one in book.positions
    )
    return book.model_copy(update={"held": held, "positions": positions})


def _review(held: ReviewView, shift: timedelta, names: tuple[tuple[str, str], ...], quote: str) -> ReviewView:
    """The thesis of a position without names, dates and amounts. Its figures are fractions, and stay."""
    said = {name: _mask(getattr(held.thesis, name), names, quote) for name in ("argued", "attacked", "why")}
    moved = {"decision_id": "blind", "opened_utc": held.thesis.opened_utc + shift}
    thesis = held.thesis.model_copy(update=said | moved)
    return held.model_copy(update={"thesis": thesis, "told": _mask(held.told, names, quote)})


def _names(case: Case) -> tuple[tuple[str, str], ...]:
    bases = dict.fromkeys(symbol.partition("/")[0] for symbol in (case.symbol, *case.book.held))
    return tuple((base, f"ASSET-{chr(65 + index) if index < 23 else index}") for index, base in enumerate(bases))


def _quote(symbol: str) -> str:
    return symbol.partition("/")[2]


def _symbol(symbol: str, names: tuple[tuple[str, str], ...]) -> str:
    return f"{dict(names).get(symbol.partition('/')[0], _OTHER)}/QUOTE"


def _signals(now: TechnicalSignals, symbol: str, factor: float, shift: timedelta) -> TechnicalSignals:
    scaled: dict[str, Any] = dict(_scaled(now, PRICES, factor))
    moved = {"symbol": symbol, "close_utc": now.close_utc + shift, "volume": INDEX, "obv": None}
    return now.model_copy(update=scaled | moved)


def _context(case: Case, symbol: str) -> MarketContext | None:
    """The figures that say neither when it was nor, for BTC itself, which market it is."""
    if case.context is None:
        return None
    named = () if case.symbol.partition("/")[0] not in ("BTC", "XBT") else ("beta_btc", "correlation_btc")
    hidden = {name for name, figure in CATALOGUE.items() if figure.tells_when}.union(named)
    shown = {name: value for name, value in case.context.values.items() if name not in hidden}
    unknown = {name: _UNKNOWN for name in case.context.missing if name not in hidden}
    return MarketContext(symbol=symbol, as_of_utc=_DATE, values=shown, missing=unknown)


def _vote(proposal: NetVote, symbol: str, names: tuple[tuple[str, str], ...], quote: str) -> NetVote:
    votes = tuple(
        vote.model_copy(
            update={"symbol": symbol, "reasons": tuple(_mask(reason, names, quote) for reason in vote.reasons)}
        )
        for vote in proposal.votes
    )
    return proposal.model_copy(update={"votes": votes})


def _sentiment(
    data: SentimentData, symbol: str, shift: timedelta, names: tuple[tuple[str, str], ...], quote: str
) -> SentimentData:
    def masked(line: Headline) -> Headline:
        return line.model_copy(
            update={
                "text": _mask(clean(line.text, _TEXT_CAP), names, quote) or "-",
                "source": _mask(clean(line.source, _TEXT_CAP), names, quote),
                "published_utc": line.published_utc + shift,
                "first_seen_utc": line.first_seen_utc + shift,
                "symbols": (),
            }
        )

    return data.model_copy(
        update={
            "symbol": symbol,
            "as_of_utc": data.as_of_utc + shift,
            "headlines": tuple(masked(line) for line in data.headlines),
        }
    )


def _mask(text: str, names: tuple[tuple[str, str], ...], quote: str) -> str:
    text = _AMOUNTS.sub("(amount)", _DATES.sub("(date)", text))
    for base, alias in names:
        pair = rf"\b{re.escape(base)}[/ -]?{re.escape(quote)}\b|" if quote else ""
        no_word = re.IGNORECASE if first_bases_in(base) else re.NOFLAG  # match "SOL" and "sol", but not "link" for LINK
        text = re.sub(rf"{pair}(?<![\w-])\$?{re.escape(base)}\b", alias, text, flags=no_word)
    text = _without_names(text, dict(names))
    return re.sub(rf"\b{re.escape(quote)}\b", "QUOTE", text) if quote else text


def _without_names(text: str, aliases: dict[str, str]) -> str:
    """Mask coins by their names: each shortest run of up to three words that names one, the longest runs first."""
    if not first_bases_in(text):
        return text
    tokens = list(_TOKEN.finditer(text))
    kept: list[str] = []
    done = at = 0
    while at < len(tokens):
        length, base = next(
            ((n, base) for n in (3, 2, 1) if (base := _named(text, tokens[at : at + n], n)) is not None), (1, None)
        )
        if base is not None:
            kept += [text[done : tokens[at].start()], aliases.get(base, _OTHER)]
            done = tokens[at + length - 1].end()
        at += length
    return "".join(kept) + text[done:]


def _named(text: str, tokens: list[re.Match[str]], length: int) -> str | None:
    """Return the coin that exactly these words name together and that no part of them names."""
    if len(tokens) < length:
        return None
    found = first_bases_in(text[tokens[0].start() : tokens[-1].end()])
    if len(found) != 1:
        return None
    if length > 1 and any(
        first_bases_in(text[part[0].start() : part[-1].end()]) == found for part in (tokens[1:], tokens[:-1])
    ):
        return None
    return found[0]
