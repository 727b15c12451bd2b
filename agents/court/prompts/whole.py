"""A whole case as a role reads it (`minds.case: whole`): the trade, the path, the indicators, the market around it, the news, the
votes, past cases and the book with its limits. What is missing stands in one line, as unknown.

This module decides which role reads what.
"""

from agents.court.case import Case
from agents.court.prompts.blind import BlindView
from agents.court.prompts.earlier import Earlier, said
from agents.court.prompts.fence import clean
from agents.court.prompts.figures import cited, line, written
from agents.court.prompts.pieces import EVENTS, NAME_CAP, headlines, instructions, mood, proposal
from agents.court.prompts.reviewed import reviewed
from agents.court.shown.trade import HOWS, terms_known
from agents.llm.attempt import Role
from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import Timeframe

_SEEN: dict[Role, tuple[str, ...]] = {
    "analyst": (
        "close", "return_1", "return_1d", "return_7d", "return_30d", "rsi_14", "adx_14", "macd_hist", "sma_50", "sma_200",
        "atr_14_quote", "realized_volatility", "highest_20", "lowest_20", "volume_ratio_20",
        "support_distance_atr", "resistance_distance_atr", "regime",
    ),
    "risk_agent": (
        "close", "return_1d", "return_7d", "rsi_14", "adx_14", "atr_14_quote", "realized_volatility", "volume_ratio_20",
        "regime",
    ),
    "devils_advocate": (
        "close", "return_1", "return_1d", "return_7d", "return_30d", "rsi_14", "adx_14", "macd_hist", "sma_50", "sma_200",
        "atr_14_quote", "realized_volatility", "highest_20", "lowest_20", "volume_ratio_20",
        "support_distance_atr", "resistance_distance_atr", "regime",
    ),
    "supervisor": ("close", "return_1d", "return_7d", "rsi_14", "adx_14", "realized_volatility", "regime"),
}  # fmt: skip
"""The indicators of the base timeframe that each role reads."""
_COARSE: dict[Role, tuple[str, ...]] = {
    "analyst": ("close", "return_1", "rsi_14", "adx_14", "macd_hist", "sma_50", "regime"),
    "devils_advocate": ("close", "return_1", "rsi_14", "adx_14", "regime"),
}
"""Those of the other timeframes."""
_TERMS: dict[Role, tuple[str, ...]] = {
    "risk_agent": (
        "entry", "stop_fraction", "stop_atr", "usual_quote", "usual_fraction", "at_stake_quote", "bound_by", "cases",
        "win_rate", "mean_r", "round_trip_bps",
    ),
    "devils_advocate": (
        "entry", "target", "stop", "stop_atr", "reward_to_risk", "usual_quote", "cases", "win_rate", "mean_r", "court_cases",
        "court_win_rate", "round_trip_bps", "edge", "breakeven", "chance",
    ),
    "supervisor": (
        "stop_atr", "reward_to_risk", "usual_quote", "bound_by", "cases", "win_rate", "mean_r", "court_cases",
        "court_win_rate", "round_trip_bps", "edge", "breakeven", "chance",
    ),
}  # fmt: skip
"""The terms of the trade that a role reads; the analyst reads all, by how they are known."""
_BOOK: dict[Role, tuple[str, ...]] = {
    "risk_agent": (
        "equity", "deployed_fraction", "drawdown", "day_return", "var_1d", "es_1d", "worst_correlation", "last_sigma",
        "losses_in_a_row", "breaker",
    ),
    "devils_advocate": ("deployed_fraction", "drawdown", "worst_correlation", "last_sigma", "losses_in_a_row", "breaker"),
    "supervisor": ("deployed_fraction", "drawdown", "day_return", "var_1d", "worst_correlation", "losses_in_a_row", "breaker"),
}  # fmt: skip
_MARKET_ROLES: tuple[Role, ...] = ("analyst", "devils_advocate")
_HEADLINES: dict[Role, int] = {"analyst": 3, "devils_advocate": 2}
_FREE_WORDS: dict[Role, int] = {"devils_advocate": 220, "supervisor": 180}
"""The roles that read earlier opinions, and how many characters of their free text."""
_MOST_HELD = 6
_MOST_PATTERNS = 3
_MOST_ROOMS = 4
_THESIS_CAP = 100


def whole(shown: Case, role: Role, earlier: Earlier, blind: BlindView | None) -> str:
    """The user part of a request. `shown`: the case as it may be seen; `blind`: the view that masked it."""
    parts = [
        f"Case: {clean(shown.symbol, NAME_CAP)} on bars of {shown.base_timeframe}, at the close of the last bar.",
        *proposal(shown, reasons=role != "supervisor"),
        *instructions(shown),
        *(_trade(shown, role) if shown.review is None else reviewed(shown)),
        *(_path(shown, role) if role in _MARKET_ROLES else []),
        _signals(shown, shown.base_timeframe, _SEEN[role]),
        *(_beside(shown, role) if role in _MARKET_ROLES else []),
        mood(shown),
        *headlines(shown, _HEADLINES.get(role, 0)),
    ]
    if role in _MARKET_ROLES and shown.precedents:
        parts.append(f"Past cases: {shown.precedents}")
    if role in _BOOK:
        parts += _book(shown, role)
    if role in _FREE_WORDS:
        answered = earlier._replace(risk_agent=None) if role == "devils_advocate" else earlier
        parts += said(shown, answered, _FREE_WORDS[role], blind)
    return "\n".join(part for part in parts if part)


def _trade(case: Case, role: Role) -> list[str]:
    """The terms of the trade: for the analyst all, by how they are known."""
    if role in _TERMS:
        told = [_fields(case, "Trade", tuple(f"trade.{name}" for name in _TERMS[role]))]
    else:
        told = [_fields(case, f"Trade, {how}", tuple(f"trade.{name}" for name in terms_known(how))) for how in HOWS]
    if role == "risk_agent" and case.trade is not None:
        tightest = tuple(case.trade.rooms)[:_MOST_ROOMS]
        told.append(_fields(case, "The gate leaves, at most", tuple(f"trade.rooms.{rule}" for rule in tightest)))
    return told


def _path(case: Case, role: Role) -> list[str]:
    """The last prices, and for the analyst the volumes."""
    path = case.path
    if path is None:
        return []
    told = [f"Closes by bar, oldest first: {_row(path.closes)}"]
    if role == "analyst":
        told.append(f"Volumes, % of their mean: {_shares(path.volumes)}")
    if path.daily_closes:
        told.append(f"Closes by day: {_row(path.daily_closes)}")
        if role == "analyst":
            told.append(f"Volumes by day, %: {_shares(path.daily_volumes)}")
    return told


def _row(values: tuple[float, ...]) -> str:
    return " ".join(written(value) for value in values)


def _shares(values: tuple[float, ...]) -> str:
    mean = sum(values) / len(values) if values else 0.0
    return " ".join(f"{100 * value / mean:.0f}" for value in values) if mean > 0 else "none was traded"


def _signals(case: Case, length: Timeframe, fields: tuple[str, ...]) -> str:
    now = case.signals[length]
    happened = tuple(name for name in EVENTS if getattr(now, name))
    return line(case, tuple(f"signals.{length}.{name}" for name in (*fields, *happened)))


def _beside(case: Case, role: Role) -> list[str]:
    """What stands beside the indicators of the base timeframe: patterns, the other timeframes, and the market around it."""
    others = (length for length in case.signals if length is not case.base_timeframe)
    return [
        _patterns(case.signals[case.base_timeframe]),
        *(_signals(case, length, _COARSE[role]) for length in others),
        *_around(case, role),
    ]


def _patterns(now: TechnicalSignals) -> str:
    seen = [f"{one.name} ({one.direction}, {one.bars_ago} ago)" for one in now.patterns[:_MOST_PATTERNS]]
    return f"Patterns, bars ago: {', '.join(seen)}" if seen else ""


def _around(case: Case, role: Role) -> list[str]:
    """The market beside its bars: what is known, and for the analyst, in one line, what is not."""
    known = () if case.context is None else tuple(f"context.{name}" for name in case.context.values)
    parts = case.sentiment.components()
    heard = [f"sentiment.{name}" for name, part in parts.items() if not isinstance(part.score, Abstained)]
    unknown = [] if case.context is None else list(case.context.missing)
    unknown += [f"sentiment.{name}" for name, part in parts.items() if isinstance(part.score, Abstained)]
    unknown += [] if case.macro is not None else ["macro"]
    return [
        _fields(case, "Around it", known),
        line(case, tuple(heard)),
        _fields(case, "Next release", ("macro.event", "macro.in_h")),
        f"Unknown: {', '.join(unknown)}" if unknown and role == "analyst" else "",
    ]


def _book(case: Case, role: Role) -> list[str]:
    """The figures of the account, each beside its limit and what is left of it, and what is held."""
    told = " ".join(found for name in _BOOK[role] if (found := _limited(case, name)))
    return [told, *(_positions(case) if role == "risk_agent" else [_names(case)])]


def _limited(case: Case, name: str) -> str:
    found = cited(case, f"book.{name}")
    if found is None:
        return ""
    limit, value = case.book.limits.get(name), getattr(case.book, name)
    if limit is None or isinstance(value, str):
        return found
    return f"{found} of {written(limit)} (left {written(abs(limit - value) if _within(value, limit) else 0.0)})"


def _within(value: float, limit: float) -> bool:
    """Whether a figure is within its limit. A limit below 0 is the least that the figure may be."""
    return value > limit if limit < 0 else value < limit


def _names(case: Case) -> str:
    held = case.book.held
    names = ", ".join(clean(symbol, NAME_CAP) for symbol in held[:_MOST_HELD]) or "nothing"
    return f"Held: {names}{_more(len(held))}."


def _positions(case: Case) -> list[str]:
    """What is held, a line each: its part of equity, profit, age, distance to its stop, and why it was opened."""
    if not case.book.positions:
        return [_names(case)]
    lines = []
    for one in case.book.positions[:_MOST_HELD]:
        age = "" if one.age_h is None else f", {one.age_h:.0f} h old"
        stop = "no stop rests" if one.stop_fraction is None else f"stop {one.stop_fraction:.1%} away"
        why = "not known" if one.thesis is None else clean(one.thesis, _THESIS_CAP)
        size = f"{'short, ' if one.short else ''}{one.equity_fraction:.1%} of equity"
        profit = f"profit {one.profit_fraction:+.1%}"
        lines.append(f"- {clean(one.symbol, NAME_CAP)}: {size}, {profit}{age}, {stop}; opened because: {why}")
    return [f"Held{_more(len(case.book.positions))}:", *lines]


def _more(count: int) -> str:
    return f" and {count - _MOST_HELD} more" if count > _MOST_HELD else ""


def _fields(case: Case, head: str, paths: tuple[str, ...]) -> str:
    """The known fields among these behind a head; empty when none is known."""
    told = line(case, paths)
    return f"{head}: {told}" if told else ""
