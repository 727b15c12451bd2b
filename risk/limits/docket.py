"""The rule about several proposals at one bar: if a profile asks for it, they share the risk in equal parts.

Orders are judged one after another, and without this rule the strongest conviction may use all of the limits. If the other
proposals are not known, the rule leaves no room (law 2).
"""

import numpy as np

from risk.facts import Facts, cap, no_cap
from risk.measures.horizon import one_day_var
from risk.measures.risk_parity import equal_risk_weights
from risk.verdict import RuleReport


def equal_risk(facts: Facts) -> RuleReport:
    """The weight at which all positions and proposals of this bar would have equal parts of the volatility, and together a
    one-day VaR of `max_var_1d`.

    VaR grows in proportion to the weights, so all weights are scaled once. A proposal that is not signed leaves its part unused.
    What a short brings are the returns of its market with the other sign; where the sides of perpetuals are not known, there is
    no room.
    """
    limits, docket, horizon = facts.limits, facts.docket, facts.horizon
    if not limits.risk_parity:
        return no_cap("equal_risk", note="no limit is set")
    if docket is None or facts.proposal.symbol not in docket.symbols:
        return cap(facts, "equal_risk", 0.0, note="what else is proposed is not known")
    if docket.returns.shape[0] < horizon.least_bars:
        return cap(facts, "equal_risk", 0.0, note="too few bars of all of them are known")
    if docket.signs is None and facts.perpetual:
        return cap(facts, "equal_risk", 0.0, note="which of them are short is not known")
    brought = docket.returns if docket.signs is None else docket.returns * np.asarray(docket.signs, dtype=np.float64)
    try:
        parts = equal_risk_weights(np.atleast_2d(np.cov(brought, rowvar=False)))
    except ValueError as fault:
        return cap(facts, "equal_risk", 0.0, note=str(fault))
    whole = one_day_var(horizon.steps(brought) @ parts, limits, horizon)
    note, part = f"one of {len(parts)}", float(parts[docket.symbols.index(facts.proposal.symbol)])
    room = part * (limits.max_var_1d / whole if whole > 0.0 else np.inf)
    if room >= limits.max_position_fraction:
        return no_cap("equal_risk", note=note)
    return cap(facts, "equal_risk", room, note=note)
