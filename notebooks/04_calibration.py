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
# # Calibration
#
# How well the stated convictions predicted results: each statement is compared with the triple-barrier outcome of a purchase
# on the bars that followed (`agents.memory.outcomes`). Convictions are not meant to be probabilities; this notebook shows how
# far they are from them.
#
# `TRIBUNAL_RUN` names the folder of a run. The default is the newest run in `runs/`, or a small simulated run.

# %%
import pandas as pd
import plotly.express as px
from IPython.display import Markdown, display
from reading import choose_run, show

from config.secrets import journal_key
from evidence.rulings.calibration import calibrate
from evidence.rulings.hearings import read_runs
from ops.tables.plain import DASH, count, percent

run = choose_run()
runs = read_runs([str(run)], journal_key())
session = runs[0].session
heard = f"{count(len(runs[0].hearings), 'hearing')}, {count(len(runs[0].settled), 'outcome')} known"
display(Markdown(f"Reading the run **{run.name}** ({session.source}; {', '.join(session.symbols)}): {heard}."))

# %% [markdown]
# ## What happened
#
# Won means that the target came before the stop. With few outcomes every figure below is uncertain; the intervals show how much.

# %%
report = calibrate(runs, shrink_k=50.0)
show(
    [
        {"outcome": "target first", "cases": report.targets},
        {"outcome": "stop first", "cases": report.stops},
        {"outcome": f"neither within {count(report.horizon_bars, 'bar')}", "cases": report.neither},
        {"outcome": "not known at the end of the run", "cases": report.pending},
    ]
)
display(Markdown(f"On average a purchase made {report.mean_return_bps:+.1f} bps after fees."))

# %% [markdown]
# ## How good the statements were
#
# Brier score = reliability - resolution + uncertainty + within; lower is better. Skill compares with always stating the base
# rate: below zero, the base rate is the better forecast. ECE is the mean distance between stated and realised frequency.

# %%
show(
    {
        "speaker": found.speaker,
        "n": found.figures.n,
        "won": percent(found.figures.base_rate),
        "Brier": f"{found.figures.brier:.3f}",
        "reliability": f"{found.figures.reliability:.3f}",
        "resolution": f"{found.figures.resolution:.3f}",
        "uncertainty": f"{found.figures.uncertainty:.3f}",
        "within": f"{found.figures.within:.3f}",
        "skill": DASH if found.figures.skill is None else f"{found.figures.skill:+.2f}",
        "ECE": f"{found.figures.ece:.3f}",
    }
    for found in report.speakers
)

# %% [markdown]
# ## Reliability
#
# If a statement is a probability, its points lie on the dotted line. `seen`: the share of purchases that won, with Wilson
# intervals of 95 %. `counts for`: the probability that sizing uses, after isotonic regression and shrinkage towards one half.

# %%
points = pd.DataFrame(
    {
        "speaker": found.speaker,
        "what": what,
        "stated": row.stated,
        "won": value,
        "above": above,
        "below": below,
        "n": row.n,
    }
    for found in report.speakers
    for row in found.figures.bins
    for what, value, above, below in (
        ("seen", row.rate, row.rate_high - row.rate, row.rate - row.rate_low),
        ("counts for", found.map.calibrated(row.stated), float("nan"), float("nan")),
    )
)
figure = px.scatter(
    points,
    x="stated",
    y="won",
    color="what",
    error_y="above",
    error_y_minus="below",
    facet_col="speaker",
    facet_col_wrap=3,
    hover_data=["n"],
    title=f"Stated conviction against what came true, {', '.join(report.runs)}",
)
diagonal = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "line": {"dash": "dot", "color": "#7f8c8d"}}
figure.add_shape(diagonal, row="all", col="all", exclude_empty_subplots=True)
figure.for_each_annotation(lambda note: note.update(text=note.text.removeprefix("speaker=")))
figure.update_xaxes(range=[-0.03, 1.03], tickformat=".0%").update_yaxes(range=[-0.03, 1.03], tickformat=".0%")
figure.update_layout(template="plotly_white", height=680, legend_title=None)
figure.show()

# %%
show(
    {
        "speaker": found.speaker,
        "stated": f"{row.low:.0%} to {row.high:.0%}",
        "n": row.n,
        "won": row.won,
        "rate": f"{row.rate:.0%}",
        "95 %": f"{row.rate_low:.0%} to {row.rate_high:.0%}",
        "net, bps": f"{row.return_bps:+.1f}",
        "counts for": f"{found.map.calibrated(row.stated):.0%}",
    }
    for found in report.speakers
    for row in found.figures.bins
)

# %% [markdown]
# ## Would calibration have helped?
#
# A map that was fitted to outcomes always looks good on them. The honest figure is this one: fitted on the earlier half, scored
# on the later half, and compared with always stating the earlier win rate.

# %%
show(
    {
        "speaker": found.speaker,
        "learned from": found.later.learned_from if found.later else DASH,
        "scored on": found.later.n if found.later else DASH,
        "as stated": f"{found.later.stated:.3f}" if found.later else DASH,
        "calibrated": f"{found.later.calibrated:.3f}" if found.later else DASH,
        "earlier win rate": f"{found.later.base_rate:.3f}" if found.later else DASH,
    }
    for found in report.speakers
)
