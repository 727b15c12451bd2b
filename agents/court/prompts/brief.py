"""A case as versions before 0.6 put it to a role, and as `minds.case: brief` does: indicators, news, votes and the book.

Its text never changes, because journals hold it: a replay compares it letter by letter.
"""

from agents.court.case import Case
from agents.court.prompts.blind import BlindView
from agents.court.prompts.earlier import Earlier, said
from agents.court.prompts.fence import clean
from agents.court.prompts.figures import line
from agents.court.prompts.pieces import EVENTS, NAME_CAP, headlines, instructions, mood, proposal
from agents.court.prompts.reviewed import reviewed
from agents.llm.attempt import Role
from market.timeframe import Timeframe

_CORE = ("close", "rsi_14", "ema_12", "ema_26", "sma_50", "sma_200", "macd_hist", "adx_14")
_BASE = (
    *_CORE, "return_1", "atr_14_quote", "realized_volatility", "bb_upper", "bb_lower", "highest_20", "lowest_20",
    "volume_ratio_20",
)  # fmt: skip
_BRIEF = ("close", "return_1", "rsi_14", "adx_14", "atr_14_quote", "realized_volatility", "volume_ratio_20")
_BOOK = (
    "equity", "deployed_fraction", "drawdown", "day_return", "var_1d", "es_1d", "worst_correlation", "last_sigma",
    "losses_in_a_row", "breaker",
)  # fmt: skip
_HEADLINES: dict[Role, int] = {"analyst": 5, "devils_advocate": 3}
_FREE_WORDS: dict[Role, int] = {"devils_advocate": 340, "supervisor": 340}
"""The roles that read earlier opinions, and how many characters of their free text."""
_MOST_HELD = 8


def brief(shown: Case, role: Role, earlier: Earlier, blind: BlindView | None) -> str:
    """The user part of a request. `shown`: the case as it may be seen; `blind`: the view that masked it."""
    whole = role in _HEADLINES
    parts = [
        f"Case: {clean(shown.symbol, NAME_CAP)} on bars of {shown.base_timeframe}. Fields of the last closed bars:",
        *(_market(shown) if whole else [_signals(shown, shown.base_timeframe, _BRIEF)]),
        *([_context(shown)] if whole else []),
        mood(shown),
        *headlines(shown, _HEADLINES.get(role, 0)),
        *proposal(shown),
        *reviewed(shown),
        *instructions(shown),
    ]
    if whole and shown.precedents:
        parts.append(f"Precedents: {shown.precedents}")
    if role != "analyst":
        parts += _book(shown)
    if role in _FREE_WORDS:
        parts += said(shown, earlier, _FREE_WORDS[role], blind)
    return "\n".join(part for part in parts if part)


def _market(case: Case) -> list[str]:
    """One line for each timeframe: the base timeframe in full, the others shortened."""
    return [_signals(case, length, _BASE if length is case.base_timeframe else _CORE) for length in case.signals]


def _signals(case: Case, length: Timeframe, fields: tuple[str, ...]) -> str:
    now = case.signals[length]
    happened = tuple(name for name in EVENTS if getattr(now, name))
    return line(case, tuple(f"signals.{length}.{name}" for name in (*fields, *happened)))


def _context(case: Case) -> str:
    """The known figures of the market beside its bars on one line; empty without any."""
    known = () if case.context is None else tuple(case.context.values)
    return line(case, tuple(f"context.{name}" for name in known))


def _book(case: Case) -> list[str]:
    held = case.book.held
    names = ", ".join(clean(symbol, NAME_CAP) for symbol in held[:_MOST_HELD]) or "nothing"
    more = f" and {len(held) - _MOST_HELD} more" if len(held) > _MOST_HELD else ""
    return [line(case, tuple(f"book.{name}" for name in _BOOK)), f"Held: {names}{more}."]
