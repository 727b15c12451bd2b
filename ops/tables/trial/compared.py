"""Tables of a comparison of courts: what their rulings were worth, what they cost, and whether they follow the evidence."""

import sys

from evidence.courts.comparing import Comparison, CourtFigures, CourtOnSide
from evidence.statistics.totals import Interval
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH, count


def show_compared(found: Comparison, *, as_json: bool) -> None:
    """Print the comparison on stdout: tables, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
        return
    console = open_console(sys.stdout)
    console.print(_sentence(found))
    for grid in compared_grids(found):
        console.print(grid.table())
    console.print(_key(found))


def compared_markdown(found: Comparison) -> str:
    """The same for a document."""
    return "\n".join([_sentence(found), "", *(grid.markdown() for grid in compared_grids(found)), _key(found)]) + "\n"


def compared_grids(found: Comparison) -> tuple[Grid, ...]:
    """What was ruled and what it was worth; what it cost; what it follows; and both sides apart, where there are short sales. One
    court a row."""
    quote = found.quote
    ruled = Grid(
        "Rulings and their worth, with 95 % intervals",
        ("Court", "approved", "shrunk", "rejected", "size left", f"worth, {quote}", "less the first"),
        tuple(map(_ruled, found.courts)),
        yields=("size left",),
    )
    paid = Grid(
        "What the courts were asked",
        ("Court", "calls", "recorded", "tokens in/out", "USD", "ms p50/p90", "silent", "by rules"),
        tuple(_paid(court, found.heard) for court in found.courts),
        yields=("recorded",),
    )
    follows = Grid(
        f"Whether rulings follow the evidence, on {count(found.again, 'case')} heard again",
        ("Court", "followed", "stood", "against", "no room", "follows", "ruled alike unnamed", "struck"),
        tuple(map(_followed, found.courts)),
        yields=("no room", "stood"),
    )
    return ruled, paid, follows, *([_by_side(found)] if any(court.sides for court in found.courts) else [])


def _by_side(found: Comparison) -> Grid:
    """Purchases and short sales apart."""
    return Grid(
        "Each side apart",
        ("Court", "side", "cases", "size left", f"worth, {found.quote}", "less the first", "follows", "alike unnamed"),
        tuple(_on_side(court.name, each) for court in found.courts for each in court.sides),
        yields=("size left", "alike unnamed"),
        left=2,
    )


def _on_side(name: str, found: CourtOnSide) -> tuple[str, ...]:
    rate = None if found.flips is None else found.flips.follow_rate
    hidden = found.blinded
    return (
        name,
        found.side,
        f"{found.cases:,}",
        f"{found.scale:.0%}",
        _interval(found.worth),
        _interval(found.against_first),
        DASH if rate is None else f"{rate:.0%}",
        DASH if hidden is None or not hidden.cases else f"{hidden.same / hidden.cases:.0%}",
    )


def _sentence(found: Comparison) -> str:
    return (
        f"{found.label}: {count(found.heard, 'case')} heard by {count(len(found.courts), 'court')}, of {found.settled:,} with an "
        f"outcome and {found.found:,} that were proposed."
    )


def _key(found: Comparison) -> str:
    trades = "trades" if any(court.sides for court in found.courts) else "purchases"
    trade = trades.removesuffix("s")
    return (
        f"Worth: what the rulings took from {trades}, times what these lost; a court that approves everything is worth 0. "
        f"{trades.capitalize()} end at the stop, the target or after {count(found.horizon_bars, 'bar')}. Less the first: the "
        "difference to the first court, case by case; an interval that contains 0 shows none. Silent: cases in which a role "
        f"abstained. By rules: words of the rules mind. Follows: the size falls when evidence for the {trade} is turned against "
        "it, and rises the other way round; of those with room to move."
    )


def _ruled(court: CourtFigures) -> tuple[str, ...]:
    numbers = (f"{number:,}" for number in (court.approved, court.shrunk, court.rejected))
    return court.name, *numbers, f"{court.scale:.0%}", _interval(court.worth), _interval(court.against_first)


def _paid(court: CourtFigures, heard: int) -> tuple[str, ...]:
    p50, p90 = court.latency_p50_ms, court.latency_p90_ms
    words = court.words_of_models + court.words_of_rules
    return (
        court.name,
        f"{court.calls:,}",
        f"{court.recorded:,}",
        f"{court.input_tokens:,}/\n{court.output_tokens:,}",
        f"{court.usd:.4f}",
        DASH if p50 is None or p90 is None else f"{p50:,}/{p90:,}",
        f"{court.silent:,} of {heard:,}",
        f"{court.words_of_rules / words:.0%}" if words else DASH,
    )


def _followed(court: CourtFigures) -> tuple[str, ...]:
    flips, hidden = court.flips, court.blinded
    alike = DASH if hidden is None or not hidden.cases else f"{hidden.same / hidden.cases:.0%}"
    if flips is None:
        return court.name, DASH, DASH, DASH, DASH, DASH, alike, f"{court.struck:,}"
    rate = DASH if flips.follow_rate is None else f"{flips.follow_rate:.0%}"
    counts = (f"{number:,}" for number in (flips.followed, flips.stood, flips.against, flips.no_room))
    return court.name, *counts, rate, alike, f"{court.struck:,}"


def _interval(found: Interval | None) -> str:
    return DASH if found is None else f"{found.value:+,.2f}\n{found.low:+,.2f} to {found.high:+,.2f}"
