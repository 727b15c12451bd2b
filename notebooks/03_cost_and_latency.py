# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Cost and latency
#
# The requests to the models of a run, their outcomes, cost and latency, from the transcripts in the journal, which hold every
# attempt, also failed ones. A run of the rules mind has none, and the notebook then says so.
#
# `TRIBUNAL_RUN` names the folder of a run. The default is the newest run in `runs/`, or a small simulated run.

# %%
from collections import Counter
from decimal import Decimal

import pandas as pd
import plotly.express as px
from IPython.display import Markdown, display
from reading import choose_run, show

from agents.llm.attempt import ROLES, Attempt
from agents.records.reading import open_run
from agents.records.record import CycleRecord
from config.secrets import journal_key
from ops.tables.plain import count, listed, percent, quantity

run = choose_run()
session, _, events = open_run(run, journal_key())
attempts: list[Attempt] = []
cycles: list[CycleRecord] = []
for recorded in events:
    if isinstance(recorded.event, Attempt):
        attempts.append(recorded.event)
    elif isinstance(recorded.event, CycleRecord):
        cycles.append(recorded.event)
hearings = [hearing for cycle in cycles for hearing in cycle.hearings]
display(Markdown(f"Reading the run **{run.name}** ({session.source}): {count(len(hearings), 'hearing')}."))

# %% [markdown]
# ## Who spoke

# %%
spoke = Counter((role, hearing.speaker(role)) for hearing in hearings for role in ROLES)
show(
    {"role": role.replace("_", " "), "spoken by": speaker, "words": number, "share": percent(number / len(hearings))}
    for (role, speaker), number in sorted(spoke.items(), key=lambda item: (ROLES.index(item[0][0]), -item[1]))
)
speakers = tuple(sorted({speaker for _, speaker in spoke}))
if not attempts:
    alone = "**This run was ruled by the rules mind alone: no model was asked, nothing was spent, nothing was waited for.** "
    how = "`tribunal run --profile paper --mind anthropic` runs one with a model; it needs `ANTHROPIC_API_KEY`."
    display(Markdown(alone + how))
else:
    spent = sum((attempt.cost_usd for attempt in attempts), Decimal(0))
    asked = f"{count(len(attempts), 'attempt')} to get a word from a model, {quantity(spent)} USD in all."
    display(Markdown(f"{asked} Words came from {listed(speakers)}."))

# %% [markdown]
# ## Why another speaker replaced the requested model

# %%
otherwise = [voice for hearing in hearings for voice in hearing.voices if voice.why]
reasons = Counter((voice.speaker, voice.why.partition(" (")[0]) for voice in otherwise)
example = {(voice.speaker, voice.why.partition(" (")[0]): voice.why for voice in reversed(otherwise)}
if reasons:
    show(
        {"spoken by": reason[0], "why": reason[1], "words": number, "the first time": example[reason]}
        for reason, number in reasons.most_common()
    )
else:
    display(Markdown("Every word is that of whoever was asked first."))

# %% [markdown]
# ## The outcome of each attempt

# %%
moments = {hearing.case.decision_id: hearing.case.as_of_utc for hearing in hearings}
asked = pd.DataFrame(
    {
        "at": moments.get(attempt.decision_id),
        "model": f"{attempt.provider}/{attempt.model}",
        "role": attempt.role.replace("_", " "),
        "outcome": attempt.outcome.value,
        "cached": attempt.from_cache,
        "tokens in": attempt.usage.input_tokens if attempt.usage else 0,
        "tokens out": attempt.usage.output_tokens if attempt.usage else 0,
        "cost, USD": attempt.cost_usd,
        "latency, ms": attempt.latency_ms,
    }
    for attempt in attempts
)
sent = asked[~asked["cached"] & ~asked["outcome"].str.startswith("skipped")] if attempts else asked
if attempts:
    show(pd.crosstab(asked["model"], asked["outcome"]).rename_axis(columns=None).reset_index())
else:
    display(Markdown("There was none."))

# %% [markdown]
# ## What it cost
#
# Costs are exact sums of the booked cost of each attempt, used or not. A day of the budget is a calendar day on which models
# were asked, and not a day of the data.

# %%
if attempts:
    sums = {name: (name, "sum") for name in ("tokens in", "tokens out", "cost, USD")}
    costs = asked.groupby(["model", "role"]).agg(attempts=("outcome", "size"), **sums).reset_index()
    show(costs.assign(**{"cost, USD": costs["cost, USD"].map(quantity)}))
else:
    display(Markdown("Nothing."))

# %%
if attempts:
    budget = session.settings.minds.budget
    grown = asked.assign(spent=asked["cost, USD"].astype(float).cumsum())
    title = f"Cumulated cost in USD, by bar (budget: {budget.day_usd} a day, {budget.decision_usd} a decision)"
    figure = px.line(grown, x="at", y="spent", line_shape="hv", title=title)
    figure.update_layout(
        template="plotly_white", height=320, xaxis_title=None, yaxis_title="USD", yaxis_rangemode="tozero"
    )
    figure.show()

# %% [markdown]
# ## How long it took
#
# Only attempts with a request: cached and skipped attempts took no time. The deadline of a call is a setting
# (`minds.deadlines`).

# %%
if not sent.empty:
    quantiles = sent.groupby(["model", "role"])["latency, ms"].quantile([0.5, 0.95, 1.0]).unstack()
    show(quantiles.set_axis(["p50, ms", "p95, ms", "slowest, ms"], axis=1).reset_index())
else:
    display(Markdown("Nothing went out."))

# %%
if not sent.empty:
    title = f"Latency of each attempt (deadline of a call: {session.settings.minds.deadlines.call_s:g} s)"
    figure = px.box(sent, x="role", y="latency, ms", color="model", points="all", title=title)
    figure.update_layout(template="plotly_white", height=400, xaxis_title=None, yaxis_rangemode="tozero")
    figure.show()
