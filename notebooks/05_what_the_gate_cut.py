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
# # What the gate cut
#
# The gate decides last, and it can only reduce or refuse. This notebook shows which rule decided, refused and cut, what each cap
# removed, and how close the account came to its limits.
#
# `TRIBUNAL_RUN` names the folder of a run. The default is the newest run in `runs/`, or a small simulated run.

# %%
import pandas as pd
import plotly.express as px
from IPython.display import Markdown, display
from reading import choose_run, peaks, show

from config.secrets import journal_key
from ops.story.story import read_story
from ops.story.summary import summarise
from ops.story.tally import Fate
from ops.tables.plain import RULES, count, moment, money, percent, what_happened

run = choose_run()
story = read_story(run, journal_key())
summary = summarise(story)
display(Markdown(f"Reading the run **{run.name}** ({summary.source}). {' '.join(what_happened(summary)[:2])}"))

# %% [markdown]
# ## What each rule did
#
# Decided: its cap or refusal was the binding one. Taken: the notional that only this rule removed from signed orders, relative
# to the next tightest cap.

# %%
show(
    {
        "rule": did.rule,
        "decided": did.binding or "",
        "refused": did.refused or "",
        "cut": did.cut or "",
        f"taken, {summary.quote}": money(did.taken) if did.cut else "",
        "what it is for": RULES.get(did.rule, ""),
    }
    for did in summary.gate_rules
)

# %%
counted = pd.DataFrame(
    {"rule": did.rule, "what": what, "proposals": number}
    for did in summary.gate_rules
    for what, number in (("refused", did.refused), ("cut", did.cut))
    if number
)
if not counted.empty:
    title = f"Proposals that each rule refused or cut, of {summary.hearings:,}"
    colors = {"refused": "#c0392b", "cut": "#d68910"}
    figure = px.bar(
        counted, x="proposals", y="rule", color="what", orientation="h", title=title, color_discrete_map=colors
    )
    figure.update_layout(template="plotly_white", height=180 + 40 * counted["rule"].nunique(), legend_title=None)
    figure.update_yaxes(autorange="reversed", title=None)
    figure.show()

# %% [markdown]
# ## What each cap would have allowed
#
# One row of points for each cap, and one point for each signed order: the notional that the cap allowed, and in the lowest row
# what was signed. The lowest cap of an order counts, times the scale of the ruling.

# %%
signed = [kept.read() for kept in story.hearings if kept.fate is Fate.TRADED]
caps = pd.DataFrame(
    {
        "at": moment(hearing.case.as_of_utc),
        "symbol": hearing.case.symbol,
        "cap": name.replace("_", " "),
        "notional": float(value),
        "what": "signed" if name == "signed" else "allowed",
    }
    for hearing in signed
    for name, value in [
        *((rule.code, rule.notional_cap) for rule in hearing.verdict.rules if rule.notional_cap is not None),
        ("signed", hearing.verdict.notional),
    ]
    if name != "scale"
)
if not caps.empty:
    title = f"Notional that each cap allowed, {summary.quote}"
    widest_first = caps.groupby("cap")["notional"].median().sort_values(ascending=False).index.tolist()
    colors = {"allowed": "#0b5cad", "signed": "#c0392b"}
    figure = px.scatter(
        caps, x="notional", y="cap", color="what", hover_data=["at", "symbol"], log_x=True, title=title,
        color_discrete_map=colors, category_orders={"cap": widest_first},
    )  # fmt: skip
    figure.update_traces(marker={"size": 8, "opacity": 0.6}).update_yaxes(title=None, dtick=1)
    figure.update_layout(template="plotly_white", height=160 + 24 * len(widest_first), legend_title=None)
    figure.show()

# %%
show(
    {
        "at, UTC": moment(hearing.case.as_of_utc),
        "symbol": hearing.case.symbol,
        "tightest": hearing.verdict.binding_rule,
        "court left": percent(hearing.ruling.scale),
        f"signed, {summary.quote}": money(hearing.verdict.notional),
        "stop": percent(hearing.verdict.stop_fraction),
    }
    for hearing in signed
)

# %% [markdown]
# ## Cases that the court approved and the gate refused

# %%
refused = [kept.read() for kept in story.hearings if kept.fate is Fate.REFUSED]
display(Markdown(f"{count(len(refused), 'case')}."))
show(
    {
        "at, UTC": moment(hearing.case.as_of_utc),
        "symbol": hearing.case.symbol,
        "refused by": hearing.verdict.binding_rule,
        "note": next((rule.note for rule in hearing.verdict.rules if rule.code == hearing.verdict.binding_rule), ""),
        "what it is for": RULES.get(hearing.verdict.binding_rule, ""),
    }
    for hearing in refused
)

# %% [markdown]
# ## The account and its limits
#
# Fractions of equity at each bar close; of a long run, the highest of neighbouring bars. Dashed: the limit that no order may
# exceed (market moves can exceed it), and for the drawdown the level at which the breaker halts trading.

# %%
limits, columns = story.session.settings.limits, story.columns
bounds = {
    "deployed": (columns.deployed_fraction, limits.max_deployed_fraction),
    "VaR, one day": (columns.var_1d, limits.max_var_1d),
    "ES, one day": (columns.es_1d, limits.max_es_1d),
    "drawdown": (columns.drawdown, limits.max_drawdown),
}
closes = pd.to_datetime(columns.close_ms, unit="ms", utc=True)
exposure = pd.concat(peaks(closes, seen).assign(what=name) for name, (seen, _) in bounds.items())
figure = px.area(exposure, x="at", y="share", facet_row="what", title="Exposure against its limits", height=760)
for place, (_, limit) in enumerate(reversed(bounds.values()), start=1):
    figure.add_hline(y=limit, row=place, line={"dash": "dash", "color": "#c0392b"})
figure.for_each_annotation(lambda note: note.update(text=note.text.removeprefix("what=")))
figure.update_yaxes(matches=None, tickformat=".2%", title=None, rangemode="tozero").update_xaxes(title=None)
figure.update_layout(template="plotly_white")
figure.show()

# %%
show(
    {
        "measure": name,
        "limit": percent(limit),
        "highest": percent(seen.max()) if len(seen) else "",
        "of the limit": percent(seen.max() / limit) if len(seen) else "",
        "mean": percent(seen.mean()) if len(seen) else "",
    }
    for name, (seen, limit) in bounds.items()
)
