"""A share of a purchase, or of a short sale, that is entered at once, while models deliberate about it.

    enter          at a bar close: what the rules mind approves of an entry that goes before models and takes the fast path
                   (`minds.fast_path_conviction`), times `court.fast_share`
    settle         when their ruling is there: it buys the rest, leaves what was entered, or closes it
    close_again    at each close after a rejection: what could not be sold at once, because an order was under way

What is entered at once passes policy, gate and approval as every purchase does, on the rules mind's ruling times the share. It
has the name of its decision with `-fast` at the end, so its orders have names of their own. The ruling of the models is on the
whole purchase: the gate takes off what is held already. Where that is all that it leaves, where a part of the position was sold
meanwhile, or where the entry is still under way, nothing is bought. Silence is no ruling: it buys nothing and closes nothing.
What was bought and closed meanwhile is not bought again; of what was never bought, the ruling is on the whole of it. All of it is
said of a purchase and is the same of a short sale, which is sold and bought back (with `court.sides: long` none is).
"""

from datetime import datetime

from agents.court.case import Case, Motion
from agents.court.hearing import Argued, Hearing
from agents.court.held.ruling import silence_of
from agents.court.reserved.dockets import FAST, ReservedDocket
from agents.court.ruling import Ruling, RulingOutcome
from agents.desk.desk import Desk, Rejected
from agents.records.record import ExitDecision
from agents.resizing import decision_id_of
from risk.proposal import Direction

GONE = "what was entered of it at once is not held any more"


async def enter(desk: Desk, docket: ReservedDocket) -> tuple[Hearing, ...]:
    """Ask the rules mind, policy and gate about the purchases of a docket of which a share may be entered at once. Nothing is
    sent yet; what the rules mind rejects is not among them."""
    share = desk.settings.court.fast_share
    if desk.fast is None or share is None:
        return ()
    cases = tuple(_named(case) for case in docket.proposed if _may_enter(desk, case))
    argued = await desk.fast.argue(cases) if cases else ()
    wanted = tuple(_shared(heard, share) for heard in argued if heard.ruling.scale > 0.0)
    return await desk.fast.decide(wanted) if wanted else ()


def entries_of(sent: tuple[Hearing, ...]) -> frozenset[str]:
    """The decisions of which a share was entered; those that the gate refused are not among them."""
    return frozenset(each.case.decision_id.removesuffix(FAST) for each in sent if each.verdict.order is not None)


def is_entered(desk: Desk, docket: ReservedDocket, case: Case) -> bool:
    """Whether a share of this purchase was entered at once, and was bought or is to be."""
    if case.decision_id not in docket.fast:
        return False
    return not is_gone(desk, case.symbol) or desk.trader.has_bought(f"{case.decision_id}{FAST}")


async def settle(desk: Desk, as_of: datetime, heard: Argued) -> ExitDecision | None:
    """Close what was entered at once if the models' ruling rejects it: an exit, about which the gate is not asked. What they let
    stand is held on their word from now on."""
    symbol, decision_id = heard.case.symbol, heard.case.decision_id
    if silence_of(heard) is not None:
        return None
    if heard.ruling.scale > 0.0:
        desk.theses.bought(heard)
        return None
    why = f"the court: {heard.ruling.why}"
    desk.rejected[symbol] = Rejected(decision_id, why)
    return await _closed(desk, as_of, symbol, decision_id, why)


async def close_again(desk: Desk, as_of: datetime, exits: tuple[ExitDecision, ...]) -> tuple[ExitDecision, ...]:
    """Close what models have rejected and what is still held: it was bought, or its sale failed, after that. `exits`: what is
    sold at this close already."""
    closed = []
    for symbol, rejected in tuple(desk.rejected.items()):
        if is_gone(desk, symbol):
            del desk.rejected[symbol]
        elif symbol not in {sale.symbol for sale in exits}:
            why = f"{rejected.why} (decision {rejected.decision_id})"
            again = await _closed(desk, as_of, symbol, decision_id_of(as_of, symbol), why)
            closed += [] if again is None else [again]
    return tuple(closed)


async def _closed(desk: Desk, as_of: datetime, symbol: str, decision_id: str, why: str) -> ExitDecision | None:
    await desk.trader.withdraw(symbol, as_of)
    if await desk.trader.leave(symbol, decision_id, as_of) is None:
        return None
    return ExitDecision(decision_id=decision_id, symbol=symbol, why=why)


def is_gone(desk: Desk, symbol: str) -> bool:
    """Whether what was entered at once is neither held nor still being bought."""
    portfolio = desk.trader.portfolio(desk.clock.now())
    return portfolio.position(symbol) is None and symbol not in portfolio.pending_notional


def rest_of(desk: Desk, motion: Motion) -> Motion:
    """What the gate reads where a share was entered: more of what is held, if nothing was sold meanwhile and no order is changing
    it; else a position that is there already, of which the gate signs nothing."""
    whole = desk.trader.is_whole(motion.symbol)
    return motion._replace(held_share=desk.trader.share(motion.symbol) if whole else None)


def _may_enter(desk: Desk, case: Case) -> bool:
    proposal = case.proposal
    opens = proposal.opens if desk.settings.court.sides == "both" else proposal.direction is Direction.LONG
    return (
        case.held_share is None
        and opens
        and desk.settings.minds.is_fast(proposal.conviction)
        and is_gone(desk, case.symbol)
    )


def _named(case: Case) -> Case:
    return case.model_copy(update={"decision_id": f"{case.decision_id}{FAST}"})


def _shared(heard: Argued, share: float) -> Argued:
    """The ruling of the rules mind, of which a share is entered at once."""
    ruling = heard.ruling
    why = f"{share:.0%} of it at once, before the models have ruled: {ruling.why}"
    cut = Ruling(outcome=RulingOutcome.SHRUNK, scale=ruling.scale * share, why=why, bounds=ruling.bounds)
    return heard.model_copy(update={"ruling": cut})
