"""What was proposed, what the court was shown, and what each role said, citation by citation.

A citation that does not match the case was struck out: it is crossed out, and what the case says stands beside it.
"""

from collections.abc import Iterator, Sequence

from rich.text import Text

from agents.court.bounds import RULES
from agents.court.case import Case, lookup
from agents.court.opinion import AnalystOpinion, Evidence, HorizonView
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import TechnicalSignals
from ops.tables.plain import count, moment, percent, price
from ops.tables.trial.held import held_lines
from ops.tables.trial.paper import STRUCK, columns, figure, heading, told
from ops.tables.trial.terms import path_lines, release_lines, trade_lines
from risk.proposal import Direction

ROLE_NAMES = {
    "analyst": "ANALYST",
    "risk_agent": "RISK AGENT",
    "devils_advocate": "DEVIL'S ADVOCATE",
    "rebuttal": "REBUTTAL",
    "supervisor": "SUPERVISOR",
}
_HEADLINES = 3
_SHORT = 6
"""Of a longer row of figures only the ends are told."""
_ALWAYS = frozenset(
    {
        "decision_id", "symbol", "as_of_utc", "base_timeframe", "proposal", "signals", "sentiment", "book", "precedents",
        "record", "context", "instructions", "trade", "path", "macro", "review",
    }
)  # fmt: skip
"""The fields of a case that are told in words of their own; others are listed by name."""
_OPINION = frozenset({"kind", "reasoning", "evidence", "horizons", "direction", "conviction_pct"})


def proposed_lines(case: Case, unproposed: str, width: int) -> list[Text]:
    """The proposal with its votes; of a position that is held, why it is reviewed. `unproposed`: why it is heard though no voter
    proposes it; empty if one does."""
    net = case.proposal
    if case.review is not None:
        return [*held_lines(case.review, width), *_votes("VOTES", f"conviction {net.conviction:.2f}", case, width)]
    verb = {Direction.LONG: "buy", Direction.SHORT: "sell", Direction.NONE: "nothing"}[net.direction]
    share = "" if net.exposure is None else f", {percent(net.exposure)} of a full position"
    against = f", {net.against:.2f} of the weight overruled" if net.against else ""
    if unproposed:
        verb = "nothing; as a purchase"
    return _votes("PROPOSED", f"{verb}, conviction {net.conviction:.2f}{share}{against}", case, width, unproposed)


def _votes(title: str, what: str, case: Case, width: int, why: str = "") -> list[Text]:
    rows = [
        (vote.voter, str(vote.direction), f"{vote.confidence:.2f} x {vote.weight:g}", "; ".join(vote.reasons))
        for vote in case.proposal.votes
    ]
    return [*heading(title, what, width), *(told(why, width) if why else []), *columns(rows, width, left=2)]


def shown_lines(case: Case, width: int) -> list[Text]:
    """What the court was shown, in short: each length of bar, the book, the news, and what else the case holds."""
    lines = heading("SHOWN", "to the court, in short", width)
    for length, now in case.signals.items():
        lines += told(", ".join(_signals(now)), width, mark=f"{length:<4}")
    book = case.book
    held = ", ".join(book.held) or "nothing"
    lines += told(
        f"equity {price(book.equity)}, deployed {percent(book.deployed_fraction)}, drawdown {percent(book.drawdown)}, "
        f"VaR of a day {percent(book.var_1d)}; held: {held}",
        width,
        mark="book  ",
    )
    score = case.sentiment.score
    mood = f"silent ({score.why})" if isinstance(score, Abstained) else f"{score:+.2f}"
    flags = f"; flags: {', '.join(case.sentiment.flags)}" if case.sentiment.flags else ""
    lines += told(f"sentiment {mood}{flags}", width, mark="news  ")
    for headline in case.sentiment.headlines[:_HEADLINES]:
        lines += told(f'"{headline.text}" ({headline.source})', width, mark="      ")
    if case.context is not None:
        known = case.context.values
        names = f": {', '.join(list(known)[:6])}{', …' if len(known) > 6 else ''}" if known else ""
        gaps = f"; {count(len(case.context.missing), 'figure')} unknown" if case.context.missing else ""
        lines += told(f"{count(len(known), 'figure')}{names}{gaps}", width, mark="more  ")
    if case.record is not None:
        voters = case.record.voters
        ended = ""
        if voters.cases:
            mean = (voters.gain - voters.loss) / voters.cases
            ended = f", {voters.wins / voters.cases:.0%} at a profit, {mean:+.2f} of the loss at the stop on average"
        lines += told(f"{count(voters.cases, 'closed case')} of these voters{ended}", width, mark="past  ")
    if case.precedents:
        lines += told(case.precedents, width, mark="past  ")
    if case.trade is not None:
        lines += trade_lines(case.trade, width, held=case.review is not None)
    if case.path is not None:
        lines += path_lines(case.path, width)
    if case.macro is not None:
        lines += release_lines(case.macro, width)
    for name, value in case:
        if name not in _ALWAYS and value not in (None, (), "", {}):
            lines += told(_spoken(value), width, mark=f"{name.replace('_', ' '):<4}  ")
    return lines


def word_lines(
    case: Case,
    role: str,
    word: Frozen | Abstained,
    struck: Sequence[Evidence],
    width: int,
    *,
    speaker: str = "",
    before: str = "",
) -> list[Text]:
    """What one role said: its position, its reasons, its evidence, and what was struck out of it. `before`: stands before its
    name, where several markets are heard at one time."""
    name = before + ROLE_NAMES.get(role, role.replace("_", " ").upper())
    by = f" ({speaker})" if speaker else ""
    if isinstance(word, Abstained):
        return heading(name, f"abstained: {word.why}{by}", width)
    lines = heading(name, f"{_position(word)}{by}", width)
    lines += told(str(getattr(word, "reasoning", "")), width)
    for item in getattr(word, "evidence", ()):
        lines += told(f"{item.field} = {figure(item.value)}: {item.claim}", width, mark="+ ")
    for item in struck:
        lines += _struck(case, item, width)
    if horizons := getattr(word, "horizons", ()):
        lines += told(
            _horizons(horizons) + ("" if speaker == RULES else _together(case, word)), width, mark="horizons: "
        )
    claims = {item.claim for item in getattr(word, "evidence", ())}
    for field, value in word:
        if isinstance(value, tuple):
            value = tuple(item for item in value if item not in claims)  # what a citation says already
        if field not in _OPINION and not field.endswith("_pct") and value not in (None, (), ""):
            lines += told(_spoken(value), width, mark=f"{field.replace('_', ' ')}: ")
    return lines


def _struck(case: Case, item: Evidence, width: int) -> list[Text]:
    try:
        instead = f"the case says {figure(lookup(case, item.field))}"
    except KeyError:
        instead = "the case does not say"
    crossed = told(f"{item.field} = {figure(item.value)}: {item.claim}", width, mark="x ", style=STRUCK)
    return [*crossed, *told(f"struck out: {instead}", width, mark="  ")]


def _position(word: Frozen) -> str:
    """Where a role stands: a direction, and its closed values in percent."""
    parts = [str(getattr(word, "direction", ""))]
    parts += [f"{_PERCENTS.get(name, name[:-4])} {value}%" for name, value in word if name.endswith("_pct")]
    return ", ".join(filter(None, parts))


_PERCENTS = {"conviction_pct": "conviction", "scale_pct": "allows", "strength_pct": "against it"}


def _horizons(views: Sequence[HorizonView | Abstained]) -> str:
    spoken = [view for view in views if isinstance(view, HorizonView)]
    said = [
        f"{view.horizon} {view.direction} {view.expected_move_bps:+.0f} bps {view.conviction_pct}%" for view in spoken
    ]
    silent = len(views) - len(spoken)
    return ", ".join([*said, *([f"{silent} silent"] if silent else [])])


def _together(case: Case, word: Frozen) -> str:
    """What a model's horizons say together, by their record: a number that bounds the ruling."""
    known = None if case.record is None else case.record.models
    found = word.alignment(None if known is None else known.horizons) if isinstance(word, AnalystOpinion) else None
    return "" if found is None else f"; together {(1 + found) / 2:.0%} for a rise"


def _signals(now: TechnicalSignals) -> Iterator[str]:
    yield f"close {price(now.close)}"
    if now.rsi_14 is not None:
        yield f"RSI {now.rsi_14:.0f}"
    if now.adx_14 is not None:
        yield f"ADX {now.adx_14:.0f}"
    if now.atr_14_quote is not None:
        yield f"ATR {percent(now.atr_14_quote / now.close)}"
    if now.sma_200 is not None:
        away = now.close / now.sma_200 - 1
        yield f"{abs(away):.1%} {'above' if away >= 0 else 'below'} its 200-bar mean"
    if now.regime is not None:
        yield str(now.regime)


def _spoken(value: object) -> str:
    """Any value of a case or an opinion as words: a list by its items, a record by its fields."""
    if isinstance(value, Abstained):
        return f"unknown ({value.why})"
    if isinstance(words := getattr(value, "told", None), str):
        return words
    if isinstance(value, Frozen):
        return ", ".join(
            f"{name.replace('_', ' ')} {_spoken(part)}" for name, part in value if part not in (None, (), "", {})
        )
    if isinstance(value, dict):
        shown = [f"{name} {_spoken(part)}" for name, part in list(value.items())[:_SHORT]]
        return ", ".join([*shown, *([f"and {len(value) - _SHORT} more"] if len(value) > _SHORT else [])])
    if isinstance(value, tuple | list):
        if len(value) > _SHORT and all(isinstance(item, int | float) for item in value):
            return f"{len(value)} from {figure(value[0])} to {figure(value[-1])}"
        return "; ".join(map(_spoken, value))
    return figure(float(f"{value:.4g}") if isinstance(value, float) and abs(value) < 1000 else value)


def title_of(case: Case, source: str, width: int, *, traded: bool) -> list[Text]:
    """What stands above a trial: the market, the moment and where its bars come from; `traded`: it was heard in a run."""
    line = f"{case.symbol} at {moment(case.as_of_utc)} UTC, bars of {case.base_timeframe}"
    first = Text(line, style="bold")
    return [first, *told(f"{source}; decision {case.decision_id}{'' if traded else '; nothing is traded'}", width)]
