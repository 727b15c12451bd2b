"""The conditions that contexts add to the limits of the profile: see `risk.proposal.Terms`. They can only tighten.

A limit of a context that is looser than the profile's counts for nothing here, whatever the reader of profiles has let through.
"""

from collections.abc import Mapping
from types import MappingProxyType

from config.sections.limits import RiskLimits, hours_open, is_tighter
from risk.facts import Facts, check
from risk.limits.catalogue import CATALOGUE
from risk.proposal import Terms, TightLimit
from risk.verdict import RuleCode, RuleReport, Verdict

MEASURED_BY: Mapping[str, tuple[RuleCode, ...]] = MappingProxyType(
    {
        "var_confidence": ("var_1d", "tail_check"),
        "es_confidence": ("es_1d", "tail_check"),
        "max_var_1d": ("tail_check",),
        "max_es_1d": ("tail_check",),
        "proven_at": ("record",),
        "max_correlation": ("cluster",),
        "max_stop_fraction": ("risk_per_trade", "kelly", "liquidation", "funding"),
        "entry_price_cap_bps": ("position", "deployed", "cash", "leverage"),
        "max_position_fraction": ("liquidation",),
    }
)
"""Rules that a setting has a part in, beside the one whose limit it is (`Limit.loosest`)."""


def effective(limits: RiskLimits, terms: Terms) -> tuple[TightLimit, ...]:
    """The limits of contexts that are tighter than those of the profile."""
    return tuple(
        own
        for own in terms.limits
        if own.value != (ours := getattr(limits, own.name)) and is_tighter(own.name, own.value, ours)
    )


def tightened(limits: RiskLimits, terms: Terms | None) -> RiskLimits:
    """The limits of the profile, with what contexts have tightened."""
    if terms is None:
        return limits
    return limits.model_copy(update={own.name: own.value for own in effective(limits, terms)})


def rules_of(setting: str) -> tuple[RuleCode, ...]:
    """The rules that a setting of `limits:` has a part in."""
    return (*(limit.code for limit in CATALOGUE if setting in limit.loosest), *MEASURED_BY.get(setting, ()))


def own_checks(facts: Facts) -> tuple[RuleReport, ...]:
    """Whether each context behind a purchase may make it at this hour, and with so many positions for which it has voted."""
    terms, now = facts.proposal.terms, facts.proposal.as_of_utc.hour
    if terms is None:
        return ()
    hours = (
        (own.context, check("trading_hours", now in hours_open(own.hours), float(now), None, "h UTC", _open(own.hours)))
        for own in terms.hours
    )
    return (*(_of(context, report) for context, report in hours), *_positions(facts, terms))


def named(verdict: Verdict, limits: RiskLimits, terms: Terms | None) -> Verdict:
    """The verdict, each of whose rules says whose limit it has applied, where that is not the profile's."""
    if terms is None:
        return verdict
    whose = {code: own.context for own in reversed(effective(limits, terms)) for code in rules_of(own.name)}
    rules = tuple(report if report.context else _of(whose.get(report.code), report) for report in verdict.rules)
    return verdict.model_copy(update={"rules": rules})


def _positions(facts: Facts, terms: Terms) -> tuple[RuleReport, ...]:
    known = facts.own_positions
    return tuple(
        _of(own.context, check("max_positions", have < own.most, float(have), float(own.most), "positions"))
        for own in terms.positions
        for have in (known.get(own.context, 0),)
    )


def _of(context: str | None, report: RuleReport) -> RuleReport:
    return report if context is None else report.model_copy(update={"context": context})


def _open(hours: tuple[int, int]) -> str:
    return f"open from {hours[0]} to {hours[1]} h UTC"
