"""What came of the words: the ruling with the bound that counted, the policy, the gate rule by rule, the order and the cost."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.text import Text

from agents.court.hearing import Argued, Hearing
from agents.court.opinion import AdvocateOpinion, RiskOpinion, SupervisorOpinion
from agents.court.ruling import Ruling
from agents.llm.attempt import Attempt
from ops.tables.model_tables import usd
from ops.tables.plain import RULES, count, moment, money, percent, price, quantity
from ops.tables.trial.paper import columns, figure, heading, told
from risk.limits.catalogue import told_once
from risk.verdict import Outcome, Reaction, RuleReport, Verdict
from rl.adjustment import Adjustment

_POSITION = "position"
_RULING = frozenset({"outcome", "scale", "why", "bounds"})


def ruling_lines(heard: Argued, width: int, *, before: str = "") -> list[Text]:
    """The ruling, and what each role left of the size: the least of it counted. `before`: stands before its name."""
    ruling = heard.ruling
    whole = "size" if heard.case.review is None else "position"
    lines = heading(f"{before}RULING", f"{ruling.outcome}, {ruling.scale:.0%} of the {whole}", width)
    supervisor = heard.supervisor
    if isinstance(supervisor, SupervisorOpinion) and supervisor.reasoning == ruling.why:
        lines += told("as the supervisor says", width)
    else:
        lines += told(ruling.why, width)
    bounds = bounds_of(heard)
    if bounds:
        least = min(scale for _, scale in bounds)
        whys = {_by(bound): bound.why for bound in _arguments(ruling)}
        lines += columns(
            [
                (who, f"at most {scale:.0%}", _note(whys.get(who, ""), ruling.why, scale == least < 1.0))
                for who, scale in bounds
            ],
            width,
        )
    for name, value in _more(ruling):
        lines += told(value, width, mark=f"{name}: ")
    return lines


def _note(why: str, said: str, counted: bool) -> str:
    """What stands beside a bound: that it counted, and its reason where the ruling has not said it already."""
    return ": ".join(filter(None, ("<- counts" if counted else "", "" if why and why in said else why)))


def bounds_of(hearing: Argued) -> tuple[tuple[str, float], ...]:
    """What each role that names a scale leaves of the size [fraction]. An advocate without evidence leaves nothing."""
    bounds = []
    if isinstance(hearing.risk_agent, RiskOpinion):
        bounds.append(("risk agent", hearing.risk_agent.scale_pct / 100))
    if isinstance(hearing.advocate, AdvocateOpinion) and not hearing.advocate.evidence:
        bounds.append(("advocate without evidence", 0.0))
    if isinstance(hearing.supervisor, SupervisorOpinion):
        bounds.append(("supervisor", hearing.supervisor.scale_pct / 100))
    return (*bounds, *((_by(bound), bound.most_pct / 100) for bound in _arguments(hearing.ruling)))


def _arguments(ruling: Ruling) -> tuple[Any, ...]:
    """What each argument with force of its own left of the size; nothing in a ruling without any."""
    return tuple(getattr(ruling, "bounds", ()))


def _by(bound: Any) -> str:
    names = {
        "analyst": "the analyst's argument",
        "devils_advocate": "the advocate's argument",
        "both": "both arguments together",
    }
    return names.get(str(bound.by), str(bound.by))


def policy_lines(adjustment: Adjustment, width: int) -> list[Text]:
    """What the policy said of the size that the court left."""
    if adjustment.mode is None:
        if adjustment.scale == 1.0:
            return heading("POLICY", f"{adjustment.adjuster}: nobody adjusts the size", width)
        return heading("POLICY", f"{adjustment.adjuster}: {adjustment.scale:.2f} of the size", width)
    advised, base = (("unknown" if it is None else f"{it:.2f}") for it in (adjustment.advised, adjustment.base))
    verb = "applied" if adjustment.mode == "active" else "advised, not applied"
    stood_in = f"; its base stood in: {adjustment.fallback}" if adjustment.fallback else ""
    return heading("POLICY", f"{adjustment.adjuster}: {advised} {verb} (its base {base}){stood_in}", width)


def gate_lines(hearing: Hearing, quote: str, width: int, *, brief: bool = False) -> list[Text]:
    """What the gate said, what each of its caps allowed and which cut, and what it refused. `brief`: only what cut or refused."""
    verdict = hearing.verdict
    signed = verdict.outcome is Outcome.SIGNED
    decided = verdict.decided_by
    what = f"signed {money(verdict.notional)} {quote}, sized by {decided}" if signed else f"refused by {decided}"
    if verdict.as_of_utc != hearing.case.as_of_utc:
        what += f", at {moment(verdict.as_of_utc)} UTC, when the ruling was there"
    lines = heading("GATE", what, width)
    lines += told(RULES.get(decided, ""), width)
    reports = told_once(verdict.rules)
    caps = [report for report in reports if report.notional_cap is not None]
    large = _large(caps)
    caps = [report for report in caps if report.reaction is not Reaction.PASS or not (brief or report.code in large)]
    caps.sort(key=lambda report: report.notional_cap or Decimal(0))
    rows = [
        (
            report.code,
            money(report.notional_cap),
            _measured(report),
            "<- cuts" if report.reaction is Reaction.CUT else "" if report.reaction is Reaction.PASS else "<- refuses",
        )
        for report in caps
    ]
    if rows:
        lines += columns([("rule", f"allows {quote}", "number of limit", ""), *rows], width)
    if large and not brief:
        lines += told(f"allow more than a position may be: {', '.join(large)}", width)
    if signed:
        lines += told(_sized(hearing, reports), width)
    for report in reports:
        if report.notional_cap is None and report.reaction is not Reaction.PASS:
            verb = {Reaction.CUT: "cuts", Reaction.REFUSE: "refuses"}.get(
                report.reaction, f"refuses ({report.reaction})"
            )
            measured, note = _measured(report), f"; {report.note}" if report.note else ""
            lines += told(f"{report.code} {verb}: {measured or 'as it stands'}{note}", width)
    passed = [report.code for report in reports if report.notional_cap is None and report.reaction is Reaction.PASS]
    if passed and not brief:
        lines += told(f"passed: {', '.join(passed)}", width)
    return lines


def _large(caps: Sequence[RuleReport]) -> tuple[str, ...]:
    """The rules that took nothing and allow more than the limit of one position: they say little of a size."""
    most = next((report.notional_cap for report in caps if report.code == _POSITION), None)
    if most is None:
        return ()
    return tuple(
        report.code
        for report in caps
        if report.reaction is Reaction.PASS and report.notional_cap is not None and report.notional_cap > most
    )


def order_lines(verdict: Verdict, quote: str, width: int, *, sent: bool, costs: Sequence[str] = ()) -> list[Text]:
    """The order of a verdict, with its stop; `sent` says whether it was, and `costs` what it costs."""
    order = verdict.order
    if order is None:
        return heading("ORDER", "none", width)
    bound, away = ("at least", "above") if order.side == "sell" else ("at most", "below")
    at = "at market" if order.limit_price is None else f"{bound} {price(order.limit_price)}"
    where = f" on {order.account}" if order.account else ""
    lines = heading(
        "ORDER" if sent else "ORDER, not sent",
        f"{order.side} {quantity(order.quantity)} {verdict.symbol} {at}{where}",
        width,
    )
    if verdict.stop_fraction is not None:
        loss = float(verdict.notional) * verdict.stop_fraction
        stop = f"stop {percent(verdict.stop_fraction)} {away} the fill: {money(loss)} {quote} at risk"
        lines += told(stop, width)
    for cost in costs:
        lines += told(cost, width)
    return lines


def paid_lines(attempts: Sequence[Attempt], width: int, *, budget: str = "") -> list[Text]:
    """What the models of a trial were asked, and what that cost."""
    if not attempts:
        return heading("COST", "no model was asked: 0 tokens, 0 USD", width)
    sent = [each for each in attempts if each.outcome.was_sent and not each.from_cache]
    used = [each.usage for each in attempts if each.usage is not None and not each.from_cache]
    tokens = f"{sum(each.input_tokens for each in used):,} tokens in, {sum(each.output_tokens for each in used):,} out"
    cost = usd(sum((each.cost_usd for each in attempts), Decimal(0)))
    seconds = sum(each.latency_ms for each in sent) / 1000
    lines = heading("COST", f"{count(len(sent), 'call')}, {tokens}, {cost} USD, {seconds:.1f} s of models", width)
    kept = sum(each.from_cache for each in attempts)
    if kept:
        lines += told(f"{count(kept, 'answer')} recorded before, not paid again", width)
    if budget:
        lines += told(budget, width)
    failed = Counter(
        f"{each.provider}/{each.model} as {each.question or each.role}: {each.outcome}, {each.detail}"
        for each in attempts
        if each.outcome != "ok"
    )
    for what, times in failed.items():
        lines += told(what if times == 1 else f"{what} ({times} times)", width)
    return lines


def _sized(hearing: Hearing, reports: Sequence[RuleReport]) -> str:
    """How the size follows from the tightest cap."""
    least = min(
        (each.notional_cap for each in reports if each.notional_cap is not None and each.code != "scale"), default=None
    )
    share, scale = hearing.case.proposal.exposure, hearing.ruling.scale * hearing.adjustment.scale
    wanted = "" if share is None else f", times {percent(share)} of a full position"
    held = hearing.verdict.held
    less = f", less {money(held)} that is held already" if held and hearing.case.held_share is None else ""
    return (
        f"the least of them, {money(least)}{wanted}, times {scale:.0%} that court and policy leave{less}; in whole lots"
    )


def _measured(report: RuleReport) -> str:
    if report.number is None:
        return ""
    if report.unit == "of equity":
        most = "" if report.limit is None else f" of {percent(report.limit)}"
        return f"{percent(report.number)}{most} of equity"
    unit = f" {report.unit}" if report.unit not in ("", "0..1") else ""
    limit = "" if report.limit is None else f" of {figure(_short(report.limit))}"
    return f"{figure(_short(report.number))}{limit}{unit}"


def _short(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1000 else value


def _more(ruling: Ruling) -> list[tuple[str, str]]:
    """What else a ruling says of itself, by name."""
    return [
        (name.replace("_", " "), figure(value))
        for name, value in ruling
        if name not in _RULING and value not in (None, (), "")
    ]
