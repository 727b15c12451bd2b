"""Metrics of who decides: voters, court, policy and gate, and the models behind the roles."""

from collections.abc import Iterator

from ops.live.metrics.labels import (
    ANSWER,
    DIRECTION,
    MODEL,
    OUTCOME,
    PROVIDER,
    REACTION,
    ROLE,
    RULE,
    RULING,
    SPEAKER,
    TOKEN,
    VERDICT,
    VOTER,
    WHY_UNHEARD,
)
from ops.live.metrics.metric import Metric, Sample, Told, one


def _rulings(told: Told) -> Iterator[Sample]:
    counts = told.status.counts
    yield Sample(counts.approved, ("approved",))
    yield Sample(counts.shrunk, ("shrunk",))
    yield Sample(counts.rejected, ("rejected",))


def _verdicts(told: Told) -> Iterator[Sample]:
    for verdict in VERDICT.values:
        yield Sample(told.measured.verdicts[verdict], (verdict,))


def _refusals(told: Told) -> Iterator[Sample]:
    for rule in RULE.values:  # all of them: a first refusal is then seen to rise from 0
        yield Sample(told.measured.refused_by[rule], (rule,))


def _abstained(told: Told) -> Iterator[Sample]:
    for role in ROLE.values:
        yield Sample(next((n for each, n in told.measured.abstained.items() if each == role), 0), (role,))


def _struck(told: Told) -> Iterator[Sample]:
    for role in ROLE.values:
        yield Sample(told.measured.struck[role], (role,))


def _approvals(told: Told) -> Iterator[Sample]:
    yield Sample(told.measured.approvals[True], ("yes",))
    yield Sample(told.measured.approvals[False], ("no",))


def _day_cost(told: Told) -> tuple[Sample, ...]:
    budget = told.status.budget
    return () if budget is None else one(float(budget.day_usd))


def _day_limit(told: Told) -> tuple[Sample, ...]:
    budget = told.status.budget
    return () if budget is None else one(float(budget.day_limit_usd))


OF_COURT = (
    Metric(
        "votes_total",
        "counter",
        "votes",
        "Votes of voters, one for each market and bar at which they spoke",
        lambda told: (Sample(n, key) for key, n in told.measured.votes.items()),
        (VOTER, DIRECTION),
    ),
    Metric(
        "unheard_proposals_total",
        "counter",
        "proposals",
        "Proposals that were no case, by the rule that says why",
        lambda told: (Sample(n, (rule,)) for rule, n in told.measured.unheard.items()),
        (WHY_UNHEARD,),
    ),
    Metric("decisions_total", "counter", "cases", "Cases that were heard, by ruling", _rulings, (RULING,)),
    Metric(
        "reviews_total",
        "counter",
        "cases",
        "Held positions that were heard again",
        lambda told: one(told.status.counts.reviews),
    ),
    Metric(
        "stated_ratio",
        "histogram",
        "fraction",
        "What was stated in cases: conviction of voters and analyst, strength of the attack, part of the size that risk "
        "agent and supervisor leave",
        lambda told: (Sample(spread, (who,)) for who, spread in told.measured.stated.items()),
        (SPEAKER,),
    ),
    Metric("abstentions_total", "counter", "cases", "Cases in which a role did not speak", _abstained, (ROLE,)),
    Metric(
        "struck_evidence_total",
        "counter",
        "pieces",
        "Evidence that a role cited and that does not match the case",
        _struck,
        (ROLE,),
    ),
    Metric("approvals_total", "counter", "answers", "Answers about large positions", _approvals, (ANSWER,)),
    Metric(
        "size_adjustment_ratio",
        "gauge",
        "fraction",
        "What the policy left of the size in the last case",
        lambda told: one(told.measured.scale),
    ),
    Metric(
        "policy_fallbacks_total",
        "counter",
        "cases",
        "Cases in which the policy could not be asked, and another rule spoke",
        lambda told: one(told.measured.fallbacks),
    ),
    Metric(
        "policy_demotions_total",
        "counter",
        "demotions",
        "How often live results took the policy its right to change sizes",
        lambda told: one(told.measured.demotions),
    ),
    Metric(
        "gate_verdicts_total",
        "counter",
        "verdicts",
        "Verdicts of the gate; a share that is entered at once has one of its own",
        _verdicts,
        (VERDICT,),
    ),
    Metric(
        "gate_refusals_total",
        "counter",
        "verdicts",
        "Refusals by the rule that decided them",
        _refusals,
        (RULE,),
    ),
    Metric(
        "gate_cuts_total",
        "counter",
        "reports",
        "How often a rule of the gate cut, refused, or tripped a breaker",
        lambda told: (Sample(n, key) for key, n in told.measured.cuts.items()),
        (RULE, REACTION),
    ),
    Metric(
        "llm_requests_total",
        "counter",
        "attempts",
        "Attempts to get an opinion from a model, skipped ones included",
        lambda told: (Sample(n, key) for key, n in told.measured.requests.items()),
        (ROLE, PROVIDER, MODEL, OUTCOME),
    ),
    Metric(
        "llm_latency_seconds",
        "histogram",
        "s",
        "How long requests that were sent took",
        lambda told: (Sample(spread, key) for key, spread in told.measured.replies.items()),
        (ROLE, MODEL),
    ),
    Metric(
        "llm_tokens_total",
        "counter",
        "tokens",
        "Tokens as the provider billed them; input is without what a cache held",
        lambda told: (Sample(n, key) for key, n in told.measured.tokens.items()),
        (ROLE, MODEL, TOKEN),
    ),
    Metric(
        "llm_cost_usd_total",
        "counter",
        "USD",
        "What models have cost",
        lambda told: (Sample(float(usd), key) for key, usd in told.measured.cost.items()),
        (ROLE, MODEL),
    ),
    Metric("llm_day_cost_usd", "gauge", "USD", "What models have cost in the UTC day of the last bar", _day_cost),
    Metric(
        "llm_day_limit_usd",
        "gauge",
        "USD",
        "What may be spent on models in a day, by all runs of this user",
        _day_limit,
    ),
)
"""In the order in which they are exported."""
