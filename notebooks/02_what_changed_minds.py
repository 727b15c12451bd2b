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
# # What changed minds
#
# Who moved the rulings, by how much, and what that was worth on the tape that followed. Each ruling is composed again with one
# role neutral, and both branches are followed on the same tape (`evidence.rulings.worth` says how, and what it leaves out).
# Nothing is asked again: what only a model could answer is left out and not counted.
#
# `TRIBUNAL_RUN` names the folder of a run; without it, it is the newest run in `runs/`, or a small simulated one made for this.

# %%
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.express as px
from IPython.display import HTML, Markdown, display

import agents
from config.secrets import journal_key
from evidence.rulings.hearings import read_runs
from evidence.rulings.statements import beliefs
from evidence.rulings.worth import attribute
from ops.tables.attribution import attribution_table, disagreement_table, worth_table
from ops.tables.plain import DASH, count, moment

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
session, hearings = runs[0].session, runs[0].hearings
heard = f"{count(len(hearings), 'hearing')}, {count(len(runs[0].settled), 'outcome')} known"
display(Markdown(f"Reading the run **{run.name}** ({session.source}; {', '.join(session.symbols)}): {heard}."))

# %% [markdown]
# ## Who changed the rulings
#
# Changed: the ruling differs from the one with that role neutral.

# %%
with ThreadPoolExecutor(1) as aside:  # a notebook has an event loop of its own, and attribution needs one too
    found = aside.submit(attribute, runs).result()
display(attribution_table(found))

# %%
moved = pd.DataFrame(
    {"role": role.role.replace("_", " "), "way": way, "rulings": number}
    for role in found.roles
    for way, number in (("lowered", role.lowered), ("raised", role.raised))
)
title = f"Rulings that each role changed, of {found.hearings:,}"
colors = {"lowered": "#c0392b", "raised": "#1e8449"}
figure = px.bar(moved, x="rulings", y="role", color="way", orientation="h", title=title, color_discrete_map=colors)
figure.update_layout(template="plotly_white", height=300, yaxis_title=None, yaxis_autorange="reversed")
figure.show()

# %% [markdown]
# ## What that was worth
#
# What the difference in size made of purchases that end at the stop, the target or after the horizon. An interval that holds
# zero says that nothing is known yet about the sign.

# %%
display(worth_table(found))

# %%
worth = pd.DataFrame(
    {
        "role": role.role.replace("_", " "),
        "bps a case": role.bps.value,
        "above": role.bps.high - role.bps.value,
        "below": role.bps.value - role.bps.low,
    }
    for role in found.roles
    if role.bps
)
if not worth.empty:
    title = "Worth of each role, in bps a case, with 95 % intervals"
    figure = px.scatter(worth, x="bps a case", y="role", error_x="above", error_x_minus="below", title=title)
    figure.add_vline(x=0, line={"dash": "dot", "color": "#7f8c8d"})
    figure.update_layout(template="plotly_white", height=300, yaxis_title=None, yaxis_autorange="reversed")
    figure.show()

# %% [markdown]
# ## Whether they say different things
#
# Everybody's belief in the purchase, on one scale: 0 surely against it, 1 surely for it (`evidence.rulings.statements`). Two
# that always agree are one.

# %%
display(disagreement_table(found))
alpha = DASH if found.alpha is None else f"{found.alpha:.2f}"
display(
    Markdown(f"Krippendorff's alpha: **{alpha}** (1 complete agreement, 0 what chance would give, below 0 opposition).")
)

# %%
believed = pd.DataFrame([beliefs(heard.hearing) | {"ruling": heard.hearing.ruling.scale} for heard in hearings])
cases = [f"{moment(heard.hearing.case.as_of_utc)} {heard.hearing.case.symbol}" for heard in hearings]
figure = px.imshow(
    believed.to_numpy().T,
    x=list(range(1, len(cases) + 1)),
    y=[name.replace("_", " ") for name in believed.columns],
    color_continuous_scale="RdBu",
    zmin=0,
    zmax=1,
    aspect="auto",
    title="What each believed of the purchase, hearing by hearing; at the bottom what was ruled",
)
figure.update_traces(
    customdata=[cases] * believed.shape[1], hovertemplate="%{customdata}<br>%{y}: %{z:.2f}<extra></extra>"
)
figure.update_layout(template="plotly_white", height=360, xaxis_title="hearing")
figure.show()

# %% [markdown]
# The ten cases on which those who judge the market (voters, analyst and devil's advocate) were furthest apart.

# %%
judges = believed[believed.columns.intersection(["voters", "analyst", "devils_advocate"])]
apart = judges.max(axis=1) - judges.min(axis=1)
show(believed.assign(case=cases, apart=apart).nlargest(10, "apart")[["case", "apart", *believed.columns]].round(2))
