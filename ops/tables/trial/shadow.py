"""A court beside its shadow: the table of a run, and the line of one trial."""

from rich.console import Group
from rich.text import Text

from agents.court.ruling import RulingOutcome
from agents.shadow.heard import ShadowWord
from evidence.rulings.shadowed import ShadowFigures
from ops.tables.grid import Grid
from ops.tables.plain import DASH, count, money, signed_money
from ops.tables.trial.paper import heading, told


def shadow_part(found: ShadowFigures, quote: str) -> Group:
    """The table for a console, with what it says in words."""
    return Group(shadow_grid(found).table(), shadow_sentence(found, quote))


def shadow_grid(found: ShadowFigures) -> Grid:
    """Both courts on the cases that both have heard, one a row."""
    sides = (("the court", found.court, found.court_scale), (found.name, found.shadow, found.shadow_scale))
    return Grid(
        f"The court and its shadow on {count(found.cases, 'case')}",
        ("Court", *(outcome.value for outcome in RulingOutcome), "size left"),
        tuple(
            (
                name,
                *(f"{ruled[outcome.value]:,}" for outcome in RulingOutcome),
                DASH if scale is None else f"{scale:.0%}",
            )
            for name, ruled, scale in sides
        ),
    )


def shadow_sentence(found: ShadowFigures, quote: str) -> str:
    """How often they agreed, what the difference would have been worth, and what the shadow did not say."""
    said = [f"Both left the same size of {found.alike:,} of {count(found.cases, 'case')}."]
    if found.less_court is None:
        said.append("No outcome of these is known yet, so the difference has no worth.")
    else:
        worth = found.less_court
        said.append(
            f"On {count(found.settled, 'case')} with an outcome, to rule as the shadow would have changed the result by "
            f"{signed_money(worth.value)} {quote} (95 %: {signed_money(worth.low)} to {signed_money(worth.high)}; an interval "
            "that contains 0 shows no difference). Nothing was traded on its word."
        )
    if found.unheard:
        said.append(f"It said nothing of {count(found.unheard, 'case')}.")
    if found.failed:
        said.append(f"It failed at {count(found.failed, 'close')}, last because {found.why.rstrip('.')}.")
    if found.calls:
        said.append(f"Its models were asked {count(found.calls, 'time')}, for {money(found.usd)} USD.")
    return " ".join(said)


def shadow_lines(word: ShadowWord, name: str, width: int) -> list[Text]:
    """What the shadow court ruled on one case."""
    ruling = word.ruling
    lines = heading(
        "SHADOW", f"{name}: {ruling.outcome}, {ruling.scale:.0%} of the size; nothing follows from it", width
    )
    return [*lines, *told(ruling.why, width)]
