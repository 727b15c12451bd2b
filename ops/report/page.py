"""report.html: one page about a run, from the key figures down to each opinion in court.

The page is self-contained: plotly.js, style and script are inside, and a content security policy blocks all requests.
Only the scripts written here may run, identified by their hash. Text from outside (headlines, model replies) is
escaped; the policy blocks it even if the escaping failed. More than `HEARINGS_SHOWN` hearings are not shown; the page
says how many are left out.
"""

import base64
import hashlib
import json
import shlex
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from agents.court.case import FieldValue
from agents.court.hearing import Hearing
from agents.llm.attempt import Role
from config.silence import Abstained
from evidence.rulings.worth import Attribution
from market.context.catalogue import FIGURES
from ops.files import write_output
from ops.report.charts import POINTS_SHOWN, account_figure, candle_figure, exposure_figure, grouping
from ops.report.model_charts import models_figure
from ops.report.month_chart import months_figure
from ops.report.signal_rows import signal_rows
from ops.report.transcripts import AttemptView, by_role
from ops.story.executions import Execution, by_decision, executions
from ops.story.models import failures
from ops.story.story import Story
from ops.story.summary import Summary
from ops.story.tally import Fate, KeptHearing
from ops.tables import plain
from ops.tables.grid import Grid
from ops.tables.held.reviews import court_reviews_grid, court_reviews_key
from ops.tables.judgement import Judgement, sheets
from ops.tables.model_tables import a_bar, asked_ahead, minds_line, outages, outcome_counts, spoke_instead, usd
from ops.tables.perpetual.sides import sides_grid, stake_sentence
from ops.tables.plain import adjuster_line
from ops.tables.policy.reviews import reviews_grid, reviews_key
from ops.tables.trial.shadow import shadow_grid, shadow_sentence
from ops.tables.voters.taken import taken_grid, taken_key, taken_sentence
from risk.limits.catalogue import told_once

TEMPLATES = PackageLoader("ops.report", "templates")
HEARINGS_SHOWN = 400
ROWS_SHOWN = 1000


class HearingView(NamedTuple):
    """A hearing as the page shows it: the opinions, and the result."""

    hearing: Hearing
    fate: Fate
    executions: tuple[Execution, ...]
    pnl: Decimal | None
    """Net result of the closed trade that it led to [quote]."""
    left_why: str
    """The voters' reason for the exit, if they closed it."""
    attempts: dict[Role, tuple[AttemptView, ...]]
    """The requests to models and their replies."""
    fast: Hearing | None
    """What was entered of it before the ruling."""


def write_report(
    path: Path,
    story: Story,
    summary: Summary,
    worth: Attribution | None = None,
    judged: Judgement | None = None,
    *,
    replay: str = "",
) -> None:
    """Write the page, whole or not at all. Raises OutputFault."""
    write_output(path, render_report(story, summary, worth, judged, replay=replay).encode())


def render_report(
    story: Story,
    summary: Summary,
    worth: Attribution | None = None,
    judged: Judgement | None = None,
    *,
    replay: str = "",
) -> str:
    """Return the page as text. The same arguments give the same text.

    `worth` is None to leave out the worth of the roles; `judged` is None to leave out the statistical judgement.
    `replay` is the command line that replays the run; empty for one with the name of its folder.
    """
    page = page_environment()
    plotly, script = _plotly(), page.get_template("report.js").render()
    done = executions(story)
    return page.get_template("report.html").render(
        summary=summary,
        worth=worth,
        judged=judged,
        sheets=None if judged is None else sheets(judged),
        session=story.session,
        replay=replay or f"tribunal replay {shlex.quote(summary.run)}",
        story=story,
        sentences=plain.what_happened(summary),
        frozen=plain.frozen_words(summary),
        sides=sides_grid(summary.perpetuals, summary.quote) if summary.perpetuals else None,
        stake=stake_sentence(summary.perpetuals, summary.quote) if summary.perpetuals else "",
        taken=taken_grid(summary.taken),
        taken_sentence=taken_sentence(summary.taken),
        taken_key=taken_key(summary.taken),
        reviews=_reviews(story),
        reviews_key=reviews_key(story.reviews),
        court_reviews=_court_reviews(story),
        court_reviews_key=court_reviews_key(),
        shadow=shadow_grid(summary.shadow) if summary.shadow else None,
        shadow_sentence=shadow_sentence(summary.shadow, summary.quote) if summary.shadow else "",
        adds_up=plain.adds_up(summary.identity),
        policy=_policy(plotly, script),
        style=Markup(page.get_template("report.css").render()),
        plotly=Markup(plotly),
        script=Markup(script),
        figures=_inert(_figures(story, done, judged)),
        bars_a_candle=grouping(summary.bars).size,
        points_shown=POINTS_SHOWN,
        rows_shown=ROWS_SHOWN,
        hearings=_hearings(story, done),
        minds=minds_line(summary),
        adjuster=adjuster_line(summary),
        model_sentences=_about_models(story, summary),
        spoke_instead=spoke_instead(summary.models) if summary.models else "",
        breaker_words=plain.BREAKERS,
        alert_words=plain.ALERTS,
        rule_words=plain.RULES,
        purpose_words=plain.PURPOSES,
    )


def choose(kept: Sequence[KeptHearing], most: int) -> tuple[KeptHearing, ...]:
    """Return at most `most` hearings in their order: first those that led to a trade, then refusals of the gate, then
    the rest.

    Within each group the latest are kept.
    """
    rank = {Fate.TRADED: 0, Fate.REFUSED: 1, Fate.REJECTED: 2}
    ordered = sorted(range(len(kept)), key=lambda place: (rank[kept[place].fate], -place))
    return tuple(kept[place] for place in sorted(ordered[:most]))


def _about_models(story: Story, summary: Summary) -> tuple[str, ...]:
    """Return sentences about the outlooks and about each outage."""
    if summary.models is None:
        return ()
    ahead, cost = asked_ahead(summary.models), summary.models.per_bar
    told = ([a_bar(cost)] if cost else []) + ([ahead] if ahead else [])
    return (*told, *outages(summary.models, story.session.settings.minds.budget))


def _hearings(story: Story, done: tuple[Execution, ...]) -> list[HearingView]:
    became, left_why = by_decision(done), {gone.decision_id: gone.why for gone in story.exits}
    views = []
    for kept in choose(story.hearings, HEARINGS_SHOWN):
        parts = became.get(kept.decision_id, ())
        trip = next((part.trip for part in parts if part.trip), None)
        why = left_why.get(trip.closed_by, "") if trip else ""
        made = trip.trade.pnl if trip else None
        said = by_role(kept.transcripts())
        views.append(HearingView(kept.read(), kept.fate, parts, made, why, said, kept.entered()))
    return views


def _reviews(story: Story) -> Grid | None:
    """The latest reviews of the policy, newest first as the other lists; None if there was none."""
    shown = story.reviews[-ROWS_SHOWN:]
    return reviews_grid(shown[::-1], story.tally.policy.reviews) if shown else None


def _court_reviews(story: Story) -> Grid | None:
    """The latest reviews of the court, newest first; None if there was none."""
    shown = story.court_reviews[-ROWS_SHOWN:]
    return court_reviews_grid(shown[::-1], story.reviewed) if story.reviewed else None


def _figures(story: Story, done: tuple[Execution, ...], judged: Judgement | None) -> dict[str, Any]:
    if not len(story.columns.close_ms):
        return {}
    candles = {symbol: candle_figure(story, symbol, done) for symbol in story.session.symbols}
    return {
        "account": account_figure(story),
        "exposure": exposure_figure(story),
        "candles": candles,
        **({"models": figure} if (figure := models_figure(story)) else {}),
        **({"months": months_figure(judged.measures.by_month)} if judged and judged.measures.by_month else {}),
    }


def _inert(value: Any) -> Markup:
    """Return JSON that an HTML parser cannot read as markup."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for char, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, escaped)
    return Markup(text)


def _policy(*scripts: str) -> str:
    """Return the content security policy: it blocks all loading, and only these scripts run."""
    allowed = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _plotly() -> str:
    """Return plotly.js from the Python package."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("\r\n", "\n").replace("</script", "<\\/script")


@cache
def page_environment() -> Environment:
    """The templates of the page, each compiled once, with the filters that they use."""
    return environment_of(TEMPLATES)


def environment_of(loader: BaseLoader) -> Environment:
    """Templates with the filters that those of the page use: money, percent, moment and their like. Text is escaped."""
    page = Environment(
        loader=loader,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters.update(
        money=plain.money,
        signed_money=plain.signed_money,
        percent=plain.percent,
        signed_percent=plain.signed_percent,
        ratio=plain.ratio,
        price=plain.price,
        quantity=plain.quantity,
        moment=plain.moment,
        measured=_measured,
        told_once=told_once,
        fact=_fact,
        signal_rows=signal_rows,
        usd=usd,
        thousands=lambda value: plain.DASH if value is None else f"{value:,}",
        failures=lambda counts: outcome_counts(failures(counts)) or "none",
    )
    page.tests["silent"] = lambda word: isinstance(word, Abstained)
    page.globals["count"] = plain.count
    page.globals["context_units"] = {figure.name: figure.unit for figure in FIGURES}
    return page


def _measured(value: float | None, unit: str) -> str:
    """Return a rule's number in its unit; shares of equity as percent."""
    if value is None:
        return ""
    if unit == "of equity":
        return plain.percent(value)
    return f"{value:,.4g} {unit}" if unit in ("bars", "quote") else f"{value:,.4g}"


def _fact(value: FieldValue) -> str:
    """Return a cited value; numbers with six digits."""
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
