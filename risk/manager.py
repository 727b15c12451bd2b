"""The gate. It makes the final decision on every proposal, and only the gate signs orders.

It never allows a size above the tightest limit, and it opens nothing if a rule refuses or cannot be computed. It never blocks an
exit: an order that only reduces a position is always signed, whatever else fails.
"""

from dataclasses import fields, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import NamedTuple

from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from market.book import Book
from risk.calibration import SizingMaps
from risk.facts import Facts, Rule, Situation, as_recorded, report_of
from risk.limits.catalogue import OF_ORDER, rules_under
from risk.limits.contexts import named, own_checks, tightened
from risk.limits.kept import KeptReports, report_on
from risk.limits.loss import halved
from risk.limits.market import why_not_filled
from risk.limits.ramp import ramped
from risk.limits.row import Part
from risk.limits.share import beside, room_left, share_report, stop_at_venue, worth_with
from risk.limits.trade import tails_hold, well_formed
from risk.order import Order, OrderKind, Purpose, Seal, Side
from risk.portfolio import Position
from risk.proposal import Proposal, Terms
from risk.sizing import dearest_price, own_stop, price_cap, stop_fraction
from risk.verdict import Outcome, Reaction, RuleCode, RuleReport, Verdict

_GIVEN = tuple(field.name for field in fields(Situation))
HALVINGS = 6
"""How often a size whose tail is out of bounds is halved before it is refused."""


class _Conditions(NamedTuple):
    """Limits and exits of an entry, and the rules that a verdict under them has: on spot, and on perpetuals."""

    limits: RiskLimits
    exits: ExitSettings
    checks: dict[bool, tuple[Rule, ...]]
    caps: dict[bool, tuple[Rule, ...]]

    @classmethod
    def of(cls, limits: RiskLimits, exits: ExitSettings) -> "_Conditions":
        checks, caps = (
            {perpetuals: rules_under(limits, part, perpetuals=perpetuals) for perpetuals in (False, True)}
            for part in (Part.CHECK, Part.CAP)
        )
        return cls(limits, exits, checks, caps)


class RiskManager:
    """Judges proposals against the limits, and signs orders of the allowed size.

    `seal` signs orders; `bars_per_day` turns the risk of a bar into one-day risk; `calibration` says how often convictions of
    voters and analysts came true, if that was measured.
    """

    def __init__(
        self,
        limits: RiskLimits,
        exits: ExitSettings,
        seal: Seal,
        bars_per_day: float,
        calibration: SizingMaps | None = None,
    ) -> None:
        self._calibration = calibration
        self._limits = limits
        self._exits = exits
        self._seal = seal
        self._bars_per_day = bars_per_day
        self._profile = _Conditions.of(limits, exits)
        self._tightened: dict[Terms, _Conditions] = {}
        self._kept = KeptReports()

    def tighten(self, limits: RiskLimits) -> None:
        """Judge by these limits from now on. Whoever calls it has made sure that none of them is looser."""
        self._limits, self._profile = limits, _Conditions.of(limits, self._exits)
        self._tightened.clear()
        self._kept = KeptReports()

    @property
    def shares_risk(self) -> bool:
        """Whether proposals of one docket share the risk: a `Situation` then needs its `docket`."""
        return self._limits.risk_parity

    def judge(self, given: Situation) -> Verdict:
        """The verdict on one proposal. Never raises: a proposal that cannot be judged is refused (law 2)."""
        try:
            return named(self._judge(given), self._limits, given.proposal.terms)
        except Exception as fault:  # noqa: BLE001  the boundary of the gate: it fails closed, and says why
            report = RuleReport(
                code="gate_error",
                number=None,
                limit=None,
                unit="",
                reaction=Reaction.REFUSE,
                note=f"the gate could not decide ({type(fault).__name__}), so nothing is traded",
            )
            return _refused(given.proposal, (report,))

    def _judge(self, given: Situation) -> Verdict:
        """In a decimal context of its own: ccxt changes the rounding of its thread, and a replay has the same digits."""
        with localcontext(Context(prec=28, rounding=ROUND_HALF_EVEN)):
            return self._judge_exactly(given)

    def _judge_exactly(self, given: Situation) -> Verdict:
        proposal, under = given.proposal, self._conditions(given.proposal.terms)
        facts = Facts(
            **{name: getattr(given, name) for name in _GIVEN},
            limits=under.limits,
            exits=under.exits,
            bars_per_day=self._bars_per_day,
            stop=under.limits.stop_fraction,
            calibration=self._calibration,
        )
        sound = well_formed(facts)
        if sound.reaction is not Reaction.PASS:
            return _refused(proposal, (sound,))
        facts = replace(facts, stop=_stop_of(facts))
        sound = well_formed(facts)
        kept = self._kept.of(facts)
        checks = (sound, *(report_on(rule, facts, kept) for rule in under.checks[facts.perpetual]), *own_checks(facts))
        if any(report.reaction is not Reaction.PASS for report in checks):
            return _refused(proposal, checks)
        whole = beside(facts)
        caps = tuple(report_on(rule, whole, kept) for rule in under.caps[facts.perpetual])
        return self._size(facts, checks, ramped(whole, halved(whole, caps)))

    def _conditions(self, terms: Terms | None) -> "_Conditions":
        """What an entry with these terms is judged by."""
        if terms is None:
            return self._profile
        if terms not in self._tightened:
            limits = tightened(self._limits, terms)
            self._tightened[terms] = _Conditions.of(limits, terms.exits or self._exits)
        return self._tightened[terms]

    def _size(self, facts: Facts, checks: tuple[RuleReport, ...], caps: tuple[RuleReport, ...]) -> Verdict:
        """The tightest cap, times what voters, court and policy left of it, less what is held, down to whole lots."""
        whole = beside(facts)
        tightest, left, told = _room(facts, caps)
        recorded = (as_recorded(facts, _marked(report, tightest)) for report in caps)
        rules, price = (*checks, *recorded, *told), facts.proposal.reference_price
        if told[-1].reaction is not Reaction.PASS:
            return _refused(facts.proposal, rules, binding=told[-1].code)
        quantity = facts.instrument.round_quantity(max(left, Decimal(0)) / price)
        tails = tails_hold(whole, float(worth_with(facts, quantity) / facts.portfolio.equity))
        for _ in range(HALVINGS):
            if tails.reaction is Reaction.PASS:
                break
            quantity = facts.instrument.round_quantity(quantity / 2)
            tails = tails_hold(whole, float(worth_with(facts, quantity) / facts.portfolio.equity))
        rules, notional = (*rules, tails), quantity * price
        if tails.reaction is not Reaction.PASS:
            return _refused(facts.proposal, rules, binding=tails.code)
        deepest = stop_at_venue(facts)
        least = facts.instrument.min_notional / Decimal(
            repr(1.0 - (deepest if facts.sign > 0 else price_cap(facts.limits)))
        )
        if quantity <= 0 or notional < least:
            small = RuleReport(
                code="min_notional",
                number=float(notional),
                limit=float(least),
                unit="quote",
                reaction=Reaction.REFUSE,
                note=f"what {tightest.code} leaves is too small to be {_small_for(facts.sign)}",
            )
            return _refused(facts.proposal, (*rules, small), binding=small.code)
        order = self._entry(facts, quantity)
        return Verdict(
            decision_id=facts.proposal.decision_id,
            symbol=facts.proposal.symbol,
            as_of_utc=facts.proposal.as_of_utc,
            outcome=Outcome.SIGNED,
            binding_rule=tightest.code,
            rules=rules,
            notional=notional,
            stop_fraction=deepest,
            order=order,
        )

    def _entry(self, facts: Facts, quantity: Decimal) -> Order:
        given, tick = facts.proposal, facts.instrument.tick_size
        return self._seal.sign(
            Order(
                order_id=f"{given.decision_id}-e",
                decision_id=given.decision_id,
                symbol=given.symbol,
                side=Side.BUY if facts.sign > 0 else Side.SELL,
                kind=OrderKind.MARKET,
                purpose=Purpose.ENTRY,
                quantity=quantity,
                limit_price=dearest_price(given.reference_price, tick, facts.limits, facts.sign),
                created_utc=given.as_of_utc,
            )
        )

    def sign_piece(
        self,
        signed: Order,
        *,
        order_id: str,
        kind: OrderKind,
        quantity: Decimal,
        limit_price: Decimal | None,
        at: datetime,
        account: str | None = None,
    ) -> Order:
        """Sign a piece of an entry that this gate has signed: at most its quantity, no worse a price. `account`: the exchange
        that it goes to; None for that of the entry.

        Raises ValueError for any other order, and for a piece that would trade more or dearer: a short sale is dearer at a lower
        price.
        """
        cap = signed.limit_price
        if signed.purpose is not Purpose.ENTRY or not self._seal.verify(signed):
            raise ValueError(f"not a signed entry: {signed.order_id}")
        dearer = cap is not None and (limit_price is None or signed.side.sign * (limit_price - cap) > 0)
        if not 0 < quantity <= signed.quantity or dearer:
            raise ValueError(f"more or dearer than signed: {quantity} at {limit_price} of {signed.order_id}")
        changed = {
            "order_id": order_id, "kind": kind, "quantity": quantity, "limit_price": limit_price, "created_utc": at, "seal": "",
            "account": signed.account if account is None else account,
        }  # fmt: skip
        return self._seal.sign(signed.model_copy(update=changed))

    def sign_exit(
        self,
        position: Position,
        *,
        order_id: str,
        decision_id: str,
        kind: OrderKind,
        purpose: Purpose,
        quantity: Decimal,
        at: datetime,
        price: Decimal | None = None,
        oco_group: str | None = None,
    ) -> Order:
        """Sign an order that only reduces `position`: the quantity is cut to what is held, and what is short is bought back. No
        rule can refuse it.

        It goes to the exchange where the position lies. `price` is the limit of a LIMIT, the trigger of a STOP. Raises ValueError
        for an entry, or when nothing is held.
        """
        if purpose is Purpose.ENTRY or position.quantity == 0:
            raise ValueError(f"not an exit: {purpose} of {position.quantity} {position.symbol}")
        return self._seal.sign(
            Order(
                order_id=order_id,
                decision_id=decision_id,
                symbol=position.symbol,
                side=position.closing_side,
                kind=kind,
                purpose=purpose,
                quantity=min(quantity, position.quantity.copy_abs()),
                limit_price=price if kind is OrderKind.LIMIT else None,
                stop_price=price if kind is OrderKind.STOP else None,
                oco_group=oco_group,
                created_utc=at,
                account=position.account,
            )
        )

    def bears(self, signed: Order, terms: Terms | None, book: Book) -> str:
        """Why an entry that this gate has signed cannot be filled out of this book under its limits; empty if it can."""
        with localcontext(Context(prec=28, rounding=ROUND_HALF_EVEN)):
            return why_not_filled(signed.quantity, signed.side, book, self._conditions(terms).limits)


def _stop_of(facts: Facts) -> float:
    """Distance of the stop by which the size is counted [fraction of the price]."""
    given = facts.proposal
    price = float(given.reference_price)
    if given.exposure is None:
        return stop_fraction(price, given.atr_quote, facts.limits)
    return own_stop(price, given.exit_price, facts.limits, facts.sign)


def _room(facts: Facts, caps: tuple[RuleReport, ...]) -> tuple[RuleReport, Decimal, tuple[RuleReport, ...]]:
    """The cap that binds, what may be added [quote], and what the verdict tells of it."""
    if facts.proposal.exposure is not None or facts.proposal.enlarges:
        room = room_left(facts, caps, OF_ORDER)
        return room.tightest, room.notional, (_scaled(facts, max(room.notional, Decimal(0))), share_report(facts, room))
    binding = (report for report in caps if report.notional_cap is not None)
    tightest = min(binding, key=lambda report: report.notional_cap or Decimal(0))
    left = (tightest.notional_cap or Decimal(0)) * facts.proposal.scale
    return tightest, left, (_scaled(facts, left),)


def _small_for(sign: int) -> str:
    """What a size that is too small could not be. A long is closed for less at its stop, a short for more."""
    return "sold again at its stop" if sign > 0 else "sold short at its lowest price"


def _scaled(facts: Facts, notional: Decimal) -> RuleReport:
    """What court and policy leave of the tightest cap: for the reader, who would otherwise look for it in vain."""
    left = min(1.0, facts.proposal.ruling_scale * facts.proposal.adjust_scale)
    note = f"the court and the policy left {notional:.2f}"
    return report_of("scale", Reaction.PASS, left, 1.0, "of the tightest cap", note=note)


def _marked(report: RuleReport, tightest: RuleReport) -> RuleReport:
    """The cap that decided the size is the one that cut."""
    return report.model_copy(update={"reaction": Reaction.CUT}) if report is tightest else report


def _refused(proposal: Proposal, rules: tuple[RuleReport, ...], binding: RuleCode | None = None) -> Verdict:
    first = next(report.code for report in rules if report.reaction is not Reaction.PASS)
    return Verdict(
        decision_id=proposal.decision_id,
        symbol=proposal.symbol,
        as_of_utc=proposal.as_of_utc,
        outcome=Outcome.REFUSED,
        binding_rule=binding or first,
        rules=rules,
    )
