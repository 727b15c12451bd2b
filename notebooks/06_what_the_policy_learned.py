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
# # What the policy learned
#
# A policy scales the size that the court leaves. Its multiplier is its base, a volatility target, times one and its action; at an
# action of 0 it is the base. This notebook shows how the multiplier depends on what the policy sees, where it left its base in a
# run, and what that brought.
#
# `TRIBUNAL_RUN` names the folder of a run, and `TRIBUNAL_MODEL` that of a policy. The defaults are the newest run in `runs/`, or
# a small simulated run, and the policy of that run, or `models/default`.

# %%
import pandas as pd
import plotly.express as px
from IPython.display import Markdown, display
from reading import choose_policy, choose_run, show

from config.secrets import journal_key
from evidence.rulings.departures import opinions, sides
from evidence.rulings.hearings import read_runs
from ops.tables.plain import DASH, count, moment, percent
from rl.serving.response import response

run = choose_run()
read = read_runs([str(run)], journal_key())[0]
session = read.session
said = opinions(read)
policy = session.policy
asked = (
    f"the policy {policy.name} ({session.settings.rl.mode}) was asked in {count(len(said), 'case')}"
    if policy
    else "no policy was asked; `--set rl.mode=advisory rl.model=models/default` asks one and changes no size"
)
display(Markdown(f"Reading the run **{run.name}** ({session.source}; {', '.join(session.symbols)}): {asked}."))
model = choose_policy(run, session.settings.rl.model)

# %% [markdown]
# ## What it is
#
# Training chose the base on the earlier part of its bars, and then trained one network for each seed to correct it. The policy is
# the mean of all of them, shrunk by their disagreement.

# %%
card = model.card if model else None
target = card.base.get("target_daily_volatility") if card else None
show(
    [
        {"what": "policy", "value": f"{card.name} (sha256 {model.sha256[:12]})"},
        {"what": "markets", "value": f"{', '.join(card.universe)}, bars of {card.timeframe}"},
        {"what": "learned from", "value": "; ".join(card.data)},
        {"what": "learned until, UTC", "value": moment(max(span.end_utc for span in card.spans))},
        {
            "what": "base",
            "value": f"volatility target {percent(target)} a day" if target else "the ruling as it stands",
        },
        {"what": "seeds", "value": len(card.seeds)},
        {"what": "configurations tried on such bars", "value": card.trials},
    ]
    if card
    else []
)

# %% [markdown]
# ## How its multiplier depends on what it sees
#
# One figure moves over what training has seen of it, and all others stay at their means in training. Where the two lines are one,
# the policy says what its base says. Disagreement: the standard deviation of the seeds' actions; the more, the less counts.

# %%
cuts = [response(model, name) for name in ("volatility", "drawdown", "conviction")] if model else []
curves = pd.concat(
    [
        pd.DataFrame({"seen": cut.at, "value": value, "what": what, "of": cut.feature})
        for cut in cuts
        for what, value in (("base", cut.base), ("policy", cut.multiplier), ("disagreement", cut.spread))
    ]
    or [pd.DataFrame()]
)
colors = {"base": "#0b5cad", "policy": "#c2571a", "disagreement": "#9aa4ae"}
if not curves.empty:
    figure = px.line(
        curves, x="seen", y="value", color="what", facet_col="of", facet_col_spacing=0.06,
        color_discrete_map=colors, height=420,
        title="Multiplier of a size, by volatility of a day, drawdown of the account, and conviction",
    )  # fmt: skip
    figure.for_each_annotation(lambda note: note.update(text=note.text.removeprefix("of=")))
    figure.update_xaxes(matches=None, title=None, tickformat=".2~%").update_yaxes(title=None, rangemode="tozero")
    figure.for_each_yaxis(lambda axis: axis.update(title="multiplier"), col=1)
    figure.update_layout(template="plotly_white", legend_title=None)
    figure.show()

# %%
show(
    {
        "figure": cut.feature,
        "from": percent(float(cut.at[0])),
        "to": percent(float(cut.at[-1])),
        "base": f"{cut.base[0]:.2f} to {cut.base[-1]:.2f}",
        "policy": f"{cut.multiplier[0]:.2f} to {cut.multiplier[-1]:.2f}",
        "largest departure": f"{abs(cut.multiplier - cut.base).max():.2f}",
        "disagreement, mean": f"{cut.spread.mean():.2f}",
    }
    for cut in cuts
)

# %% [markdown]
# ## Where it left its base
#
# One point for each case of the run. On the dotted line the policy took its base; above it, it took more. Gained and lost: what a
# purchase of the case made, net of fees.

# %%
cases = pd.DataFrame(
    {
        "at": moment(each.as_of_utc),
        "symbol": each.symbol,
        "base": each.base,
        "policy": each.advised,
        "volatility": each.volatility,
        "drawdown": each.drawdown,
        "conviction": each.conviction,
        "departure": each.departure,
        "a purchase": "not known" if each.return_bps is None else "gained" if each.return_bps > 0 else "lost",
    }
    for each in said
)
fates = {"gained": "#1e8449", "lost": "#c0392b", "not known": "#9aa4ae"}
if not cases.empty:
    figure = px.scatter(
        cases, x="base", y="policy", color="a purchase", color_discrete_map=fates, hover_data=["at", "symbol"], height=460,
        title=f"Multiplier of {policy.name} against that of its base, {count(len(cases), 'case')}",
    )  # fmt: skip
    diagonal = {"type": "line", "x0": 0, "y0": 0, "x1": 1.25, "y1": 1.25, "line": {"dash": "dot", "color": "#7f8c8d"}}
    figure.add_shape(diagonal).update_traces(marker={"size": 9, "opacity": 0.7})
    figure.update_layout(template="plotly_white", legend_title="a purchase")
    figure.update_xaxes(range=[-0.03, 1.3]).update_yaxes(range=[-0.03, 1.3])
    figure.show()

# %%
if not cases.empty:
    met = cases.melt(
        ["at", "symbol", "departure", "a purchase"], ["volatility", "drawdown", "conviction"], "of", "seen"
    )
    figure = px.scatter(
        met, x="seen", y="departure", color="a purchase", color_discrete_map=fates, facet_col="of", facet_col_spacing=0.06,
        hover_data=["at", "symbol"], height=420, title="Departure from the base, by what the policy saw",
    )  # fmt: skip
    figure.for_each_annotation(lambda note: note.update(text=note.text.removeprefix("of=")))
    figure.update_xaxes(matches=None, title=None, tickformat=".2~%").update_yaxes(
        zeroline=True, zerolinecolor="#7f8c8d"
    )
    figure.update_layout(template="plotly_white", legend_title="a purchase")
    figure.show()

# %% [markdown]
# ## What that brought
#
# A purchase: its mean return to stop, target or horizon, net of fees. Brought: the departure times that return, so more of a gain
# or less of a loss counts for it. Cases overlap and are few: this proves nothing, and `tribunal evaluate` is what judges.

# %%
show(
    {
        "multiplier": side.name,
        "cases": side.cases,
        "outcome known": side.settled,
        "departure": DASH if side.departure is None else f"{side.departure:+z.2f}",
        "a purchase, bps": DASH if side.return_bps is None else f"{side.return_bps:+z.1f}",
        "brought, bps": DASH if side.brought_bps is None else f"{side.brought_bps:+z.1f}",
    }
    for side in (sides(said) if said else ())
)

# %% [markdown]
# The ten cases in which it left its base farthest:

# %%
show(
    {
        "at, UTC": moment(each.as_of_utc),
        "symbol": each.symbol,
        "policy": f"{each.advised:.2f}",
        "base": f"{each.base:.2f}",
        "volatility": DASH if each.volatility is None else percent(each.volatility),
        "drawdown": DASH if each.drawdown is None else percent(each.drawdown),
        "conviction": DASH if each.conviction is None else f"{each.conviction:.2f}",
        "a purchase, bps": DASH if each.return_bps is None else f"{each.return_bps:+z.1f}",
        "brought, bps": DASH if each.brought_bps is None else f"{each.brought_bps:+z.1f}",
    }
    for each in sorted(said, key=lambda each: -abs(each.departure))[:10]
)

# %%
stood_in = [each for each in said if each.fallback is not None]
display(
    Markdown(
        f"Its base stood in for it in {count(len(stood_in), 'case')}, because it had not seen the like. The first ten:"
    )
)
show({"at, UTC": moment(each.as_of_utc), "symbol": each.symbol, "why": each.fallback} for each in stood_in[:10])
