"""What older versions of an event implied, and did not say: the upcasters of `events.py`.

An upcaster states the values that the older version implied. It never uses a default of today, because defaults change.
"""

from collections.abc import Mapping
from typing import Any

from agents.records.registry import Tree

ADDED_IN_SESSION_3: Mapping[str, Any] = {
    "court.without_record": "veto",
    "court.resize_band": None,
    "limits.correlation": "refuse",
    "limits.max_cluster_fraction": 1.0,
    "limits.max_twin_correlation": 1.0,
    "limits.kelly_stake": "notional",
    "limits.record_prior": 20.0,
    "limits.unproven_fraction": None,
    "limits.proven_at": 2.0,
    "limits.turbulence": "account",
    "limits.turbulence_alarms": 6.0,
    "limits.loss_streak_chance": None,
    "limits.half_size": "cap",
    "limits.max_positions": None,
    "limits.entry_price_cap_bps": None,
    "limits.risk_window_h": 0,
    "limits.var_horizon": "bar",
    "market.scenario": "weather",
    "limits.macro_pause_h": None,
    "market.context": "none",
    "market.history_days": 0,
    "market.signals": "core",
    "quality.accepted_units": {},
    "quality.judgement": "limits",
    "quality.max_depeg": None,
    "sentiment.sources[].dates": None,
    "sentiment.sources[].component": None,
    "sentiment.sources[].ttl_s": 300.0,
    "sentiment.sources[].weight_half_life_h": None,
    "sentiment.sources[].max_age_h": None,
    "sentiment.sources[].contrary": False,
    "sentiment.sources[].canary": None,
    "sentiment.sources[].query": None,
    "sentiment.sources[].key_env": None,
    "sentiment.components": False,
    "sentiment.budget_s": 2.0,
    "sentiment.same_story": "keep",
    "sentiment.scorer": "vader",
}
"""Settings that version 2 of a session did not have, by dotted path, with what the older version did.

`[]` after a name stands for each entry of a list. Sentiment is replayed from the journal, so `dates` has no effect there.
"""

ADDED_IN_SESSION_4: Mapping[str, Any] = {
    "court.extreme_rsi": "momentum",
    "rl.override": None,
}
"""Settings that version 3 of a session did not have, with what it did, by dotted path as above."""

ADDED_IN_SESSION_5: Mapping[str, Any] = {
    "market.feed": None,
    "market.feed_patience_s": 20.0,
    "market.feed_late_s": 90.0,
    "venue.url": None,
    "venue.compare_s": 60.0,
    "court.hears": "all",
    "limits.kelly_payoff": "target",
}
"""Settings that version 4 of a session did not have, with what it did, by dotted path as above.

`exits.horizon`, `venue.calm_volatility` and `strategies[].horizon_bars` are new too. They are not written where they say what the
older version did (`ignore`, null), so they are not added either.
"""

ADDED_IN_SESSION_6: Mapping[str, Any] = {
    "emergency": {
        "venue_unreachable": None,
        "error_rate": None,
        "feeds_stale": None,
        "flash_crash": None,
        "journal_lost": {"above": 0.0, "action": "cancel"},
        "order_rate": None,
    },
    "court.cost_edge": None,
    "minds.case": "brief",
    "venue.entry": {"how": "market", "reprice_s": 5.0, "market_after_s": 30.0, "slice_quote": None},
    "venue.close_together": 1,
    "venue.max_clock_off_s": 86_400.0,
    "journal.url": None,
    "journal.anchor": None,
    "journal.anchor_every_s": 60.0,
    "court.composition": "supervisor",
    "court.trust": {"analyst": 0.5, "devils_advocate": 0.5},
    "court.rebuttal": None,
    "court.conditions": "words",
    "limits.ramp": False,
    "court.review_every": None,
    "court.review_watched": False,
    "court.wait": True,
    "court.latency_s": None,
    "live": {"capital": "100", "ramp_drawdown": 0.05, "ramp_trades": 10, "ramp_errors": 1.0, "key_backup": None},
}
"""Settings that version 5 of a session did not have, with what it did, by dotted path as above. It traded no real money, so
nothing reads its `live`."""

ADDED_IN_SESSION_7: Mapping[str, Any] = {
    "limits.min_liquidation_distance": 2.0,
    "limits.max_funding_share": 0.25,
    "limits.funding_hold_h": 72.0,
    "court.fast_share": None,
}
"""Settings that version 6 of a session did not have, with what it did, by dotted path as above."""


ADDED_IN_SESSION_8: Mapping[str, Any] = {
    "court.sides": "long",
}
"""Settings that version 7 of a session did not have, with what it did, by dotted path as above."""


def session_without_policies(tree: Tree) -> Tree:
    """Version 1. The profile could not name a policy: `settings.rl` becomes mode `off` without a model."""
    return with_settings(tree, {"rl": {"mode": "off", "model": None}})


def session_before_settings_of_3(tree: Tree) -> Tree:
    """Version 2. See `ADDED_IN_SESSION_3`."""
    return with_settings(tree, ADDED_IN_SESSION_3)


def session_before_settings_of_4(tree: Tree) -> Tree:
    """Version 3. See `ADDED_IN_SESSION_4`."""
    return with_settings(tree, ADDED_IN_SESSION_4)


def session_before_settings_of_5(tree: Tree) -> Tree:
    """Version 4. See `ADDED_IN_SESSION_5`."""
    return with_settings(tree, ADDED_IN_SESSION_5)


def session_before_settings_of_6(tree: Tree) -> Tree:
    """Version 5. See `ADDED_IN_SESSION_6`."""
    return with_settings(tree, ADDED_IN_SESSION_6)


def session_before_settings_of_7(tree: Tree) -> Tree:
    """Version 6. See `ADDED_IN_SESSION_7`."""
    return with_settings(tree, ADDED_IN_SESSION_7)


def session_before_settings_of_8(tree: Tree) -> Tree:
    """Version 7. See `ADDED_IN_SESSION_8`."""
    return with_settings(tree, ADDED_IN_SESSION_8)


def with_settings(tree: Tree, added: Mapping[str, Any]) -> Tree:
    """A session with these settings, by dotted path. A path through a setting that is absent is refused with KeyError."""
    settings = tree["settings"]
    for path, value in added.items():
        settings = _with(settings, path.split("."), value)
    return tree | {"settings": settings}


def _with(tree: Tree, path: list[str], value: Any) -> Tree:
    head, *rest = path
    if head.endswith("[]"):
        name = head.removesuffix("[]")
        return tree | {name: [_with(entry, rest, value) for entry in tree[name]]}
    return tree | {head: _with(tree[head], rest, value) if rest else value}


def with_nothing_new(tree: Tree) -> Tree:
    """The newer version has fields that are left out where there is nothing to say, as there was not in the older one."""
    return tree


def with_no_new_word(tree: Tree) -> Tree:
    """The newer version has one more word of a closed list, of which the older one knew nothing."""
    return tree
