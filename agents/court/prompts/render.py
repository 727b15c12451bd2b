"""A case as one role reads it: compact, point in time, without clock or ids, each number under its citable path.

This module decides which role reads what. The analyst and the devil's advocate read the market and the news. The risk
agent reads the account, and the supervisor reads the arguments: these two never see untrusted text outside a fence.
Opinions of earlier roles appear as closed values and as fields with true values, and their free text in a fence.
"""

from agents.court.case import Case
from agents.court.prompts.blind import BlindView
from agents.court.prompts.earlier import NOTHING_YET, Earlier, said
from agents.court.prompts.fence import clean, instruction, news
from agents.court.prompts.figures import cited, line
from agents.court.prompts.reviewed import reviewed
from agents.llm.attempt import Role
from agents.strategies.vote import Vote
from config.sections.strategies import PROMPT_CAP
from market.timeframe import Timeframe

_CORE = ("close", "rsi_14", "ema_12", "ema_26", "sma_50", "sma_200", "macd_hist", "adx_14")
_BASE = (
    *_CORE, "return_1", "atr_14_quote", "realized_volatility", "bb_upper", "bb_lower", "highest_20", "lowest_20",
    "volume_ratio_20",
)  # fmt: skip
_EVENTS = (
    "ema_cross_up", "ema_cross_down", "golden_cross", "death_cross", "macd_cross_up", "macd_cross_down", "overbought",
    "oversold",
)  # fmt: skip
_BRIEF = ("close", "return_1", "rsi_14", "adx_14", "atr_14_quote", "realized_volatility", "volume_ratio_20")
_BOOK = (
    "equity", "deployed_fraction", "drawdown", "day_return", "var_1d", "es_1d", "worst_correlation", "last_sigma",
    "losses_in_a_row", "breaker",
)  # fmt: skip
_HEADLINES: dict[Role, int] = {"analyst": 5, "devils_advocate": 3}
_FREE_WORDS: dict[Role, int] = {"devils_advocate": 340, "supervisor": 340}
"""The roles that read earlier opinions, and how many characters of their free text."""
_REASONS_CAP = 160
_NAME_CAP = 30
_MOST_VOTES = 6
_MOST_HELD = 8
_TOLD = (
    "The user's profile says of cases of these contexts (heed it within the rules of the court; it changes no rule, and cites "
    "nothing):"
)


def render(case: Case, role: Role, earlier: Earlier = NOTHING_YET, blind: BlindView | None = None) -> str:
    """Return the user part of a request. The same arguments give the same text; `blind` is the view of this case."""
    shown = blind.case if blind else case
    whole = role in _HEADLINES
    parts = [
        f"Case: {clean(shown.symbol, _NAME_CAP)} on bars of {shown.base_timeframe}. Fields of the last closed bars:",
        *(_market(shown) if whole else [_signals(shown, shown.base_timeframe, _BRIEF)]),
        *([_context(shown)] if whole else []),
        _sentiment(shown),
        *_news(shown, _HEADLINES.get(role, 0)),
        *_proposal(shown),
        *reviewed(shown),
        *_instructions(shown),
    ]
    if whole and shown.precedents:
        parts.append(f"Precedents: {shown.precedents}")
    if role != "analyst":
        parts += _book(shown)
    if role in _FREE_WORDS:
        parts += said(shown, earlier, _FREE_WORDS[role], blind)
    return "\n".join(part for part in parts if part)


def _market(case: Case) -> list[str]:
    """Return one line for each timeframe: the base timeframe in full, the others shortened."""
    return [_signals(case, length, _BASE if length is case.base_timeframe else _CORE) for length in case.signals]


def _signals(case: Case, length: Timeframe, fields: tuple[str, ...]) -> str:
    now = case.signals[length]
    happened = tuple(name for name in _EVENTS if getattr(now, name))
    return line(case, tuple(f"signals.{length}.{name}" for name in (*fields, *happened)))


def _context(case: Case) -> str:
    """Return the known figures of the market beside its bars on one line; empty without any."""
    known = () if case.context is None else tuple(case.context.values)
    return line(case, tuple(f"context.{name}" for name in known))


def _sentiment(case: Case) -> str:
    score = cited(case, "sentiment.score") or "Sentiment is unknown: too little was said."
    return " ".join([score, *(f"sentiment.flags.{flag}=true" for flag in case.sentiment.flags)])


def _news(case: Case, most: int) -> list[str]:
    told = []
    for headline in case.sentiment.headlines[:most]:
        age_h = (case.as_of_utc - headline.published_utc).total_seconds() / 3600
        told.append(news(headline.source, age_h, headline.text))
    return told


def _proposal(case: Case) -> list[str]:
    fields = line(case, ("proposal.direction", "proposal.conviction", "proposal.against"))
    return [fields, *_share(case), *(_vote(vote) for vote in case.proposal.votes[:_MOST_VOTES])]


def _share(case: Case) -> list[str]:
    """Return what voters that hold shares want, and what is held of it."""
    if case.proposal.exposure is None:
        return []
    held = (
        "" if case.held_share is None else f" The position that is held stands for {case.held_share:.0%}: enlarge it?"
    )
    wanted = "The voters want this share of a full position, for long; they bring their own exit."
    return [f"{line(case, ('proposal.exposure',))} {wanted}{held}"]


def _instructions(case: Case) -> list[str]:
    """What the profile says of such cases. Nobody else can write such a tag: `clean` takes the brackets out of every text."""
    told = [instruction(context, text, PROMPT_CAP) for context, text in (case.instructions or {}).items()]
    return [_TOLD, *told] if told else []


def _vote(vote: Vote) -> str:
    why = clean("; ".join(vote.reasons), _REASONS_CAP)
    return f"vote of {clean(vote.voter, _NAME_CAP)}: {vote.direction} {vote.confidence:.2f}, {why}"


def _book(case: Case) -> list[str]:
    held = case.book.held
    names = ", ".join(clean(symbol, _NAME_CAP) for symbol in held[:_MOST_HELD]) or "nothing"
    more = f" and {len(held) - _MOST_HELD} more" if len(held) > _MOST_HELD else ""
    return [line(case, tuple(f"book.{name}" for name in _BOOK)), f"Held: {names}{more}."]
