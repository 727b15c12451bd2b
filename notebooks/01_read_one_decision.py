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
# # Read one decision
#
# One case in the order of events: the proposal, the arguments and their evidence, the ruling, the gate, the orders, the fills
# and the result. Everything is read from the run's journal, which is verified first.
#
# `TRIBUNAL_RUN` names the folder of a run, `TRIBUNAL_DECISION` one of its decisions. The default is the newest run in `runs/`
# (or a small simulated run), and the case with the longest trade.

# %%
import os
from datetime import timedelta

import pandas as pd
import plotly.graph_objects as go
from IPython.display import Markdown, display
from reading import choose_run, show

from agents.court.case import lookup
from agents.llm.attempt import ROLES
from config.errors import UsageFault
from config.secrets import journal_key
from config.silence import Abstained
from evidence.rulings.hearings import read_hearings
from ops.story.executions import by_decision, executions
from ops.story.story import read_story
from ops.story.summary import quote_of, summarise
from ops.tables.plain import PURPOSES, RULES, moment, percent, price, signed_money, what_happened
from risk.verdict import Reaction

run = choose_run()
story = read_story(run, journal_key())
quote = quote_of(story)
display(Markdown(f"Reading the run **{run.name}** ({story.session.source}). {what_happened(summarise(story))[0]}"))

# %% [markdown]
# ## The case

# %%
if not story.hearings:
    raise UsageFault(f"No case was heard in {run.name}, so there is no decision to read. Give a longer run.")
first = max(story.trades, key=lambda trip: trip.trade.exit_utc - trip.trade.entry_utc, default=story.hearings[-1])
wanted = os.environ.get("TRIBUNAL_DECISION", first.decision_id)
kept = next((kept for kept in story.hearings if kept.decision_id == wanted), None)
if kept is None:
    raise UsageFault(f"{run.name} keeps no hearing {wanted!r}. One that it keeps is {first.decision_id!r}.")
hearing = kept.read()
case, ruling, verdict = hearing.case, hearing.ruling, hearing.verdict
parts = by_decision(executions(story)).get(wanted, ())
trip = next((part.trip for part in parts if part.trip), None)
display(
    Markdown(f"**{case.symbol}** at the close of {moment(case.as_of_utc)} UTC: **{kept.fate}**. Decision `{wanted}`.")
)

# %% [markdown]
# ## What was proposed
#
# The vote of each voter, then their net by weight.

# %%
show(
    {
        "voter": vote.voter,
        "vote": vote.direction,
        "confidence": percent(vote.confidence),
        "weight": vote.weight,
        "reasons": "; ".join(vote.reasons),
    }
    for vote in case.proposal.votes
)
net = case.proposal
display(
    Markdown(f"Netted: **{net.direction}**, conviction {percent(net.conviction)}, {percent(net.against)} overruled.")
)

# %% [markdown]
# ## What was known
#
# The signals of each timeframe at that close, the book as the risk officer saw it, and the news.

# %%
signals = pd.DataFrame({frame: found.model_dump(mode="json") for frame, found in case.signals.items()})
signals = signals.drop(["symbol", "timeframe", "close_utc"]).dropna(how="all")
signals = signals.map(lambda value: f"{value:,.6g}" if isinstance(value, float) else "" if value is None else value)
show(signals.rename_axis("signal").reset_index())

# %%
show(
    {"the book": name, "value": f"{value:,.6g}" if isinstance(value, float) else str(value)}
    for name, value in case.book
    if value not in (None, ())
)

# %%
score = case.sentiment.score
display(Markdown(f"Sentiment is silent: {score.why}." if isinstance(score, Abstained) else f"Sentiment: {score:+.2f}."))
show(
    {"first seen, UTC": moment(line.first_seen_utc), "source": line.source, "headline": line.text}
    for line in case.sentiment.headlines
)

# %% [markdown]
# ## Who said what
#
# The analyst and the risk officer speak first, then the devil's advocate attacks, then the supervisor rules. A role that
# abstained gives its reason.

# %%
words = dict(zip(ROLES, (hearing.analyst, hearing.risk_agent, hearing.advocate, hearing.supervisor), strict=True))
show(
    {
        "role": role.replace("_", " "),
        "spoken by": hearing.speaker(role),
        "says": getattr(word, "direction", ""),
        "in percent": ", ".join(f"{name[:-4]} {value}" for name, value in word if name.endswith("_pct")),
        "in its words": word.why if isinstance(word, Abstained) else word.reasoning,
    }
    for role, word in words.items()
)

# %% [markdown]
# The analyst's view of the four horizons; the expected move is over one bar of that horizon.

# %%
show(
    {"horizon": "", "direction": "abstained", "expected move": view.why, "conviction": ""}
    if isinstance(view, Abstained)
    else {
        "horizon": view.horizon,
        "direction": view.direction,
        "expected move": f"{view.expected_move_bps:+.0f} bps",
        "conviction": f"{view.conviction_pct}%",
    }
    for view in getattr(hearing.analyst, "horizons", ())
)

# %% [markdown]
# ## The evidence
#
# Each claim cites a field of the case. `the case holds` is the value of that field. Evidence that did not match was struck out
# before the ruling. The citations of the devil's advocate are the counter-evidence.

# %%
show(
    {
        "role": role.replace("_", " "),
        "claim": cited.claim,
        "field": cited.field,
        "cited": cited.value,
        "the case holds": lookup(case, cited.field),
    }
    for role, word in words.items()
    for cited in getattr(word, "evidence", ())
)

# %% [markdown]
# Struck out, because it does not match the case:

# %%
show(
    {"struck out of": found.role.replace("_", " "), "claim": cited.claim, "field": cited.field, "cited": cited.value}
    for found in hearing.struck
    for cited in found.evidence
)

# %% [markdown]
# The warnings of the roles, and what would change the analyst's mind.

# %%
warned = {"risk": "risks", "concern": "concerns", "attack": "attacks"}
show(
    {"role": role.replace("_", " "), "kind": kind, "text": text}
    for role, word in words.items()
    for kind, field in warned.items()
    for text in getattr(word, field, ())
)

# %%
show({"would change the analyst's mind": [getattr(hearing.analyst, "turning_point", "")]})

# %% [markdown]
# ## The ruling and the adjustment

# %%
show(
    [
        {"who": "court", "leaves": percent(ruling.scale), "why": f"{ruling.outcome}: {ruling.why}"},
        {"who": "adjuster", "leaves": percent(hearing.adjustment.scale), "why": hearing.adjustment.adjuster},
    ]
)

# %% [markdown]
# ## The gate
#
# Every rule that was asked, its number against its limit, and the notional that it would have allowed. The tightest cap counts,
# times what court and adjuster left.

# %%
show(
    {
        "rule": rule.code,
        "reaction": rule.reaction.upper() if rule.reaction is not Reaction.PASS else "pass",
        "number": f"{rule.number:,.4g}" if rule.number is not None else "",
        "limit": f"{rule.limit:,.4g}" if rule.limit is not None else "",
        "unit": rule.unit,
        f"allows, {quote}": f"{rule.notional_cap:,.2f}" if rule.notional_cap is not None else "",
        "note": rule.note,
        "what it is for": RULES.get(rule.code, ""),
    }
    for rule in verdict.rules
)
stop = f", with a stop {percent(verdict.stop_fraction)} below the fill" if verdict.stop_fraction else ""
last = f"**{verdict.outcome}**, {verdict.notional:,.2f} {quote}{stop}. The last word had `{verdict.binding_rule}`."
display(Markdown(last))

# %% [markdown]
# ## What was sent, and what was filled

# %%
answers = {wanted, trip.closed_by} if trip else {wanted}
sent = [order for order in story.orders if order.decision_id in answers]
show(
    {
        "at, UTC": moment(order.created_utc),
        "purpose": PURPOSES[order.purpose],
        "side": order.side,
        "kind": order.kind,
        "quantity": order.quantity,
        "limit": price(order.limit_price) if order.limit_price else "",
        "stop": price(order.stop_price) if order.stop_price else "",
    }
    for order in sent
)

# %% [markdown]
# Filled:

# %%
show(
    {
        "at, UTC": moment(fill.filled_utc),
        "purpose": PURPOSES[fill.purpose],
        "side": fill.side,
        "quantity": fill.quantity,
        "price": fill.price,
        "fee": f"{fill.fee} {fill.fee_currency}",
        "as": fill.liquidity,
    }
    for fill in story.fills
    if fill.decision_id in answers
)

# %% [markdown]
# ## What became of it
#
# The trade as it was booked, and the yardstick that every case is held against, bought or not: a purchase at the next open that
# ends at the stop, at the first target, or after the horizon.

# %%
left_why = {gone.decision_id: gone.why for gone in story.exits}
show(
    {
        "bought, UTC": moment(trade.entry_utc),
        "sold, UTC": moment(trade.exit_utc),
        "in at": price(trade.entry_price),
        "out at": price(trade.exit_price),
        f"net of fees, {quote}": signed_money(trade.pnl),
        "closed by": PURPOSES[trade.exit_purpose],
        "why": left_why.get(closed_by, ""),
    }
    for _, closed_by, trade in ([trip] if trip else [])
)

# %%
settled = [outcome for _, outcome in read_hearings(run, journal_key()).settled if outcome.decision_id == wanted]
show(
    {
        "yardstick": {1: "target first", -1: "stop first", 0: "neither"}[outcome.label],
        "in at": price(outcome.entry_price),
        "out at": price(outcome.exit_price),
        "net return": f"{outcome.return_bps:+.1f} bps",
        "bars": outcome.bars,
        "known at, UTC": moment(outcome.known_at_utc),
    }
    for outcome in settled
)

# %% [markdown]
# ## On the tape
#
# Two days before the case and a day after it had ended: when it was decided (dashed), what was executed, and the protective stop
# and the target that stood at the venue meanwhile (dotted).

# %%
bars, bar = story.columns.symbols[case.symbol], story.session.timeframe.duration
closes = pd.to_datetime(story.columns.close_ms, unit="ms", utc=True)
until = trip.trade.exit_utc if trip else case.as_of_utc
seen = (closes >= case.as_of_utc - timedelta(days=2)) & (closes <= until + timedelta(days=1))
prices = {name: getattr(bars, name)[seen] for name in ("open", "high", "low", "close")}
figure = go.Figure(
    go.Candlestick(x=(closes - bar)[seen], **prices, name=case.symbol, xperiod=bar / timedelta(milliseconds=1))
)
levels = {
    "stop level": ("#c0392b", [(order.created_utc, float(order.stop_price)) for order in sent if order.stop_price]),
    "target level": ("#1e8449", [(order.created_utc, float(order.limit_price)) for order in sent if order.limit_price]),
}
for name, (color, steps) in levels.items():
    x, y = [at for at, _ in steps] + [until] * bool(steps), [level for _, level in steps + steps[-1:]]
    figure.add_scatter(x=x, y=y, name=name, mode="lines", line={"dash": "dot", "shape": "hv", "color": color})
shapes = ("triangle-up", "x", "diamond", "square", "star", "cross", "circle")
for shape, purpose in zip(shapes, dict.fromkeys(part.purpose for part in parts), strict=False):
    x, y = zip(*((part.at_utc, float(part.price)) for part in parts if part.purpose == purpose), strict=True)
    mark = {"symbol": shape, "size": 13, "color": "#0b5cad"}
    figure.add_scatter(x=x, y=y, name=PURPOSES[purpose], mode="markers", marker=mark)
figure.add_vline(x=case.as_of_utc, line={"dash": "dash", "color": "#7f8c8d"})
figure.update_layout(
    title=f"{case.symbol} in {quote}", template="plotly_white", xaxis_rangeslider_visible=False, height=480
)
figure.show()
