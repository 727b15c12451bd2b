"""What was taken from each voter, as one sentence and one table: for the console, and in full for the report."""

from collections.abc import Iterator

from rich.console import Group

from evidence.rulings.taken import ADJUSTER, ADVISED, ALL, BREAKER, COURT, Side, Taken, TakenReport
from ops.story.taken import whole
from ops.tables.grid import Grid, boxed
from ops.tables.plain import DASH, count, percent, signed_percent

_SHOWN = 30
"""Rows above which the console shows each throttle once, for all voters together."""


def taken_sentence(report: TakenReport) -> str:
    """The throttle that changed the account most, in one sentence; and, in another, what an advisory policy would have done."""
    rows = [row for row in whole(report) if row.growth]
    took = [row for row in rows if row.by != ADVISED]
    said = ["Nothing was taken from a voter that would have changed the account."]
    if took:
        most = max(took, key=lambda row: abs(row.growth))
        verb = "gained" if most.growth > 0 else "lost"
        said = [f"{_did(most)}; without it the account would have {verb} {percent(abs(most.growth))} more."]
    for row in rows:
        if row.by == ADVISED:
            where = "lower" if row.growth > 0 else "higher"
            said.append(f"If the policy had been active, equity would have ended {percent(abs(row.growth))} {where}.")
    return " ".join(said)


def taken_part(report: TakenReport) -> Group | str:
    """The table for a console of eighty columns, with its key."""
    if not report.rows:
        return "Nothing was taken from any voter."
    shown = report.rows if len(report.rows) <= _SHOWN else whole(report)
    table = boxed(_title(report), ("Taken by", ">kept", ">rejected", ">difference", ">growth"), dense=True)
    table.columns[0].overflow = "fold"
    for row in shown:
        label = f" {row.voter}" if row.voter != ALL and any(other.voter == ALL for other in shown) else _short(row.by)
        table.add_row(label, _in_short(row.kept), _in_short(row.rejected), _spread(row), signed_percent(row.growth))
    return Group(table, *_key(report), *([] if shown is report.rows else ["Each voter by itself is in report.html."]))


def taken_grid(report: TakenReport) -> Grid:
    """Every row in full, for the report."""
    columns = (
        "Taken by", "from", "growth", "kept", "won [95 %]", "mean, bps", "rejected", "won [95 %]", "mean, bps",
        "difference [95 %], bps",
    )  # fmt: skip
    rows = tuple(
        (
            _name(row.by),
            row.voter,
            signed_percent(row.growth),
            *_in_full(row.kept),
            *_in_full(row.rejected),
            _spread(row),
        )
        for row in report.rows
    )
    return Grid(_title(report), columns, rows, left=2)


def taken_key(report: TakenReport) -> str:
    """What the columns mean, in sentences."""
    return " ".join(_key(report))


def _key(report: TakenReport) -> Iterator[str]:
    yield "Kept, rejected: cases, the share that reached the target before the stop, the mean return in bps."
    yield f"A case is followed for at most {count(report.horizon_bars, 'bar')}; {report.settled:,} of {report.cases:,} ended."
    yield "Difference: of the two means, with its 95 % interval; if it contains 0, no skill is shown."
    yield "Growth: what the account would have gained or lost more, if only this had not been there."
    if any(row.by == ADVISED for row in report.rows):
        yield "An advisory policy took nothing: its growth is that of the run less that of one in which it were active."


def _title(report: TakenReport) -> str:
    voters = {row.voter for row in report.rows}
    return f"What was taken from {voters.pop()}" if len(voters) == 1 else "What was taken from each voter"


def _did(row: Taken) -> str:
    """What the throttle did, as the beginning of a sentence."""
    name, kept, rejected = _name(row.by), row.kept, row.rejected
    if not rejected.cases:
        return (
            f"The {name} made purchases smaller"
            if row.by in (COURT, ADJUSTER)
            else f"The rule {name} made purchases smaller"
        )
    all_of_them = count(kept.cases + rejected.cases, "case")
    won = (
        ""
        if kept.won is None or rejected.won is None
        else f" (won {rejected.won.value:.0%}, the kept ones {kept.won.value:.0%})"
    )
    who = name if row.by in (COURT, ADJUSTER) or row.by.startswith(BREAKER) else f"rule {name}"
    return f"The {who} rejected {rejected.cases:,} of {all_of_them}{won}"


def _name(by: str) -> str:
    return by.replace("_", " ")


def _short(by: str) -> str:
    return _name(by.removeprefix(f"{BREAKER} "))


def _in_short(side: Side) -> str:
    if side.won is None or side.mean_bps is None:
        return f"{side.cases:,}" if side.cases else DASH
    return f"{side.cases:,}: {side.won.value:.0%} {side.mean_bps:+,.0f}"


def _in_full(side: Side) -> tuple[str, str, str]:
    if side.won is None or side.mean_bps is None:
        return f"{side.cases:,}", DASH, DASH
    won = side.won
    return f"{side.cases:,}", f"{won.value:.0%} [{won.low:.0%}, {won.high:.0%}]", f"{side.mean_bps:+,.0f}"


def _spread(row: Taken) -> str:
    found = row.difference_bps
    return DASH if found is None else f"{found.value:+,.0f} [{found.low:+,.0f},{found.high:+,.0f}]"
