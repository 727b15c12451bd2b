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
# What the convictions stated in court have been worth: each statement is held against the triple-barrier outcome of a purchase
# on the tape that followed (`agents.memory.outcomes`). Convictions were never promised to be probabilities; here it shows how
# far they are.
#
# `TRIBUNAL_RUN` names the folder of a run; without it, it is the newest run in `runs/`, or a small simulated one made for this.

# %%
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.express as px
from IPython.display import HTML, Markdown, display

import agents
from config.secrets import journal_key
from evidence.rulings.calibration import calibrate
from evidence.rulings.hearings import read_runs
from ops.tables.plain import DASH, count, percent

pd.set_option("display.max_colwidth", None, "display.html.use_mathjax", False)
os.chdir(Path(agents.__file__).parents[1])
finished = sorted(Path("runs").glob("*/journal.db"), key=os.path.getmtime)
if given := os.environ.get("TRIBUNAL_RUN"):
    run = Path(given)
elif finished:
    run = finished[-1].parent
else:
    scratch = tempfile.TemporaryDirectory()
    run = Path(scratch.name) / "simulated"
    command = [sys.executable, "-m", "agents.run", "--days", "10", "--quiet", "--out", str(run)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def show(rows: Any) -> None:
    frame, told = pd.DataFrame(rows), "table.told td, table.told th {text-align: left; vertical-align: top}"
    table = frame.to_html(index=False, classes="told", border=0, na_rep="–")
    display(HTML(f"<style>{told}</style>{table}" if len(frame) else "Nothing."))


runs = read_runs([str(run)], journal_key())
session = runs[0].session
heard = f"{count(len(runs[0].hearings), 'hearing')}, {count(len(runs[0].settled), 'outcome')} known"
display(Markdown(f"Reading the run **{run.name}** ({session.source}; {', '.join(session.symbols)}): {heard}."))

# %% [markdown]
# ## What happened
#
# Won means that the target came before the stop. With few outcomes every figure below is weak; the intervals say how weak.

# %%
report = calibrate(runs, shrink_k=50.0)
show(
    [
        {"outcome": "target first", "cases": report.targets},
        {"outcome": "stop first", "cases": report.stops},
        {"outcome": f"neither within {count(report.horizon_bars, 'bar')}", "cases": report.neither},
        {"outcome": "not known when the tape ended", "cases": report.pending},
    ]
)
display(Markdown(f"On average a purchase made {report.mean_return_bps:+.1f} bps after fees."))

# %% [markdown]
# ## How good the statements were
#
# Brier score = reliability - resolution + uncertainty + within; lower is better. Skill is against always stating the base rate:
# below zero, the base rate would have been the better witness. ECE is the mean distance of what was stated from what came true.

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
# Where a statement is a probability, its points lie on the dotted line. `seen`: how many of the purchases won, with Wilson
# intervals of 95 %. `counts for`: what sizing would grant it, after isotonic regression and shrinkage towards one half.

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
figure.update_layout(template="plotly_white", height=680)
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
# ## Whether it would have helped
#
# A map that was fitted to outcomes always looks good on them. This is the figure to believe: learned on the earlier half, scored
# on the later one, against somebody who always states the earlier win rate.

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
