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
# Which roles changed the rulings, by how much, and what that was worth on the bars that followed. Each ruling is computed again
# with one role neutral, and both results are followed on the same bars (`evidence.rulings.worth` describes the method and its
# limits). No model is asked again: a ruling that would need a new answer of a model is left out and not counted.
#
# `TRIBUNAL_RUN` names the folder of a run. The default is the newest run in `runs/`, or a small simulated run.

# %%
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import plotly.express as px
from IPython.display import Markdown, display
from reading import choose_run, show

from config.secrets import journal_key
from evidence.rulings.hearings import read_runs
from evidence.rulings.statements import beliefs
from evidence.rulings.worth import attribute
from ops.tables.attribution import attribution_table, disagreement_table, worth_table
from ops.tables.plain import DASH, count, moment

run = choose_run()
runs = read_runs([str(run)], journal_key())
session, hearings = runs[0].session, runs[0].hearings
heard = f"{count(len(hearings), 'hearing')}, {count(len(runs[0].settled), 'outcome')} known"
display(Markdown(f"Reading the run **{run.name}** ({session.source}; {', '.join(session.symbols)}): {heard}."))

# %% [markdown]
# ## Who changed the rulings
#
# Changed: the ruling differs from the one with that role neutral.

# %%
with ThreadPoolExecutor(1) as aside:  # attribution needs its own event loop, and the notebook already runs one
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
figure.update_layout(
    template="plotly_white", height=300, yaxis_title=None, yaxis_autorange="reversed", legend_title=None
)
figure.show()

# %% [markdown]
# ## What that was worth
#
# The result of the difference in size, for purchases that end at the stop, at the target or after the horizon. If an interval
# contains zero, the sign is not known.

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
# ## Do the roles disagree?
#
# The belief of each role in the purchase, on one scale: 0 is certainly against it, 1 certainly for it
# (`evidence.rulings.statements`). Two roles that always agree add nothing to each other.

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
# The ten cases with the largest disagreement between those who judge the market (voters, analyst and devil's advocate).

# %%
judges = believed[believed.columns.intersection(["voters", "analyst", "devils_advocate"])]
apart = judges.max(axis=1) - judges.min(axis=1)
show(believed.assign(case=cases, apart=apart).nlargest(10, "apart")[["case", "apart", *believed.columns]].round(2))
