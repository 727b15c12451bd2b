"""Obeys a word of an operator. What follows is journaled after the word, and its result when the venue has said so.

It opens nothing: a proposal only lets a voter vote at the next bar. A pause, a strategy that is off and a tighter limit bind at
the gate or before it; a close goes the way of every exit, and waits for no model. What ends a brake ends only the brake that a
word has put on: no latch, no breaker.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from agents.desk.desk import Desk
from agents.desk.steered.profile import moved
from agents.desk.steered.state import Open
from agents.records.steered import Reloaded, SteerDone, Steered
from agents.steering.muting import again
from agents.steering.proposing import Refused, propose
from config.sections.minds import MindsSettings
from execution.kill_switch.halting import Sale
from execution.steering.words import SteerVerb

Outcome = Literal["done", "refused", "failed"]
_AGAIN_S = 10.0
"""A close that has not led to an order is tried again after this, and at each bar."""
_MOST_TRIES = 20
_MOST_BARS = 3
"""Bars after which what the venue has not done has failed."""


async def obey_word(desk: Desk, asked: Steered) -> None:
    """Obey one word, which is in the journal already."""
    desk.steers.asked += 1
    if asked.not_obeyed is not None:
        _end(desk, asked, "refused", f"{asked.word.verb.value} was not obeyed: {asked.not_obeyed}.")
        return
    match asked.word.verb:
        case SteerVerb.PAUSE:
            await _pause(desk, asked)
        case SteerVerb.RESUME:
            await _resume(desk, asked)
        case SteerVerb.STRATEGY_OFF:
            _switch_off(desk, asked)
        case SteerVerb.STRATEGY_ON:
            _switch_on(desk, asked)
        case SteerVerb.CLOSE:
            await _close(desk, asked)
        case SteerVerb.CANCEL:
            await _cancel(desk, asked)
        case SteerVerb.RELOAD:
            _reload(desk, asked)
        case SteerVerb.PROPOSE:
            _propose(desk, asked)


async def settle(desk: Desk, at: datetime, *, at_bar: bool = False) -> None:
    """Look what has become of words that are being obeyed, and try again what has led to nothing. `at_bar`: a bar has passed."""
    if desk.steers.open:
        for each in tuple(desk.steers.open):
            each.bars += at_bar
            await _look(desk, each, max(at, each.asked.at_utc))


def end_all(desk: Desk, at: datetime) -> None:
    """The session ends: what is still being obeyed has failed."""
    for each in tuple(desk.steers.open):
        _finish(desk, each, max(at, each.asked.at_utc), "failed", "the session has ended before the venue had done it")


async def _pause(desk: Desk, asked: Steered) -> None:
    before, word = desk.trader.paused, asked.word
    if before is not None:
        told = f"Entries were paused already, by {before.who}: {before.why}. They stay paused until `resume`."
        _end(desk, asked, "done", told)
        return
    entries = desk.trader.entries
    desk.trader.pause(word.who, word.why, word.given_utc)
    desk.tally.sold(await desk.trader.heed(asked.at_utc))
    await _begin(desk, Open(asked, entries))


async def _resume(desk: Desk, asked: Steered) -> None:
    word = asked.word
    if desk.trader.paused is None:
        _end(desk, asked, "refused", f"There is no pause to end.{_still(desk)}")
        return
    desk.trader.end_pause(word.who, word.why, word.given_utc)
    desk.tally.sold(await desk.trader.heed(asked.at_utc))
    _end(desk, asked, "done", f"The pause has ended: entries are judged again.{_still(desk)}")


def _still(desk: Desk) -> str:
    """What else takes no new risk, as a sentence to be added."""
    halts = desk.trader.halts
    why = "; ".join(f"{halt.who} halted {halt.scope}: {halt.why}" for halt in halts)
    return f" The kill switch is down, and stays so until `unhalt`: {why}." if halts else ""


def _switch_off(desk: Desk, asked: Steered) -> None:
    name = asked.word.target
    if not _known(desk, asked):
        return
    if name in desk.steers.off:
        _end(desk, asked, "done", f"{name} was switched off already, by {desk.steers.off[name].who}.")
        return
    desk.steers.off[name] = asked.word
    desk.tally.proposals = again(desk, desk.tally.proposals)
    told = f"{name} is switched off: it opens nothing and adds to nothing. What is held keeps its stops and exits."
    _end(desk, asked, "done", told)


def _switch_on(desk: Desk, asked: Steered) -> None:
    name = asked.word.target
    if not _known(desk, asked):
        return
    if desk.steers.off.pop(name, None) is None:
        _end(desk, asked, "refused", f"{name} is not switched off.")
        return
    _end(desk, asked, "done", f"{name} is heard again, from the next bar.")


def _known(desk: Desk, asked: Steered) -> bool:
    names = [context.name for context in desk.contexts]
    if asked.word.target in names:
        return True
    told = f"No strategy {asked.word.target!r} votes in this session; there are {', '.join(names)}. Nothing was done."
    _end(desk, asked, "refused", told)
    return False


async def _close(desk: Desk, asked: Steered) -> None:
    symbol, trader = asked.word.target, desk.trader
    if not _is_traded(desk, asked):
        return
    entries = {market: decision for market, decision in trader.entries.items() if market == symbol}
    if not trader.ledger.holds(symbol) and not entries:
        _end(desk, asked, "refused", f"Nothing is held in {symbol} and no entry is under way there. Nothing was done.")
        return
    each = Open(asked, entries, closes=symbol, trades_before=len(trader.ledger.trades))
    await trader.withdraw(symbol, asked.at_utc)
    await _try(desk, each, asked.at_utc)
    await _begin(desk, each)


async def _cancel(desk: Desk, asked: Steered) -> None:
    symbol, trader = asked.word.target, desk.trader
    if symbol and not _is_traded(desk, asked):
        return
    entries = {market: decision for market, decision in trader.entries.items() if symbol in ("", market)}
    for market in entries:
        await trader.withdraw(market, asked.at_utc)
    await _begin(desk, Open(asked, entries))


def _is_traded(desk: Desk, asked: Steered) -> bool:
    if asked.word.target in desk.symbols:
        return True
    told = f"{asked.word.target!r} is no market of this session, which has {', '.join(desk.symbols)}. Nothing was done."
    _end(desk, asked, "refused", told)
    return False


def _propose(desk: Desk, asked: Steered) -> None:
    if not _is_traded(desk, asked):
        return
    try:
        _end(desk, asked, "done", propose(desk, asked))
    except Refused as fault:
        _end(desk, asked, "refused", f"{fault}. Nothing was done.")


def _reload(desk: Desk, asked: Steered) -> None:
    profile, steers = asked.profile, desk.steers
    assert profile is not None  # its source reads the profile, or says why it is not obeyed
    desk.trader.tighten(moved(desk.trader.limits, profile))
    for name in profile.on:
        steers.off.pop(name, None)
    for name in profile.off:
        steers.off.setdefault(name, asked.word)
    if profile.off:
        desk.tally.proposals = again(desk, desk.tally.proposals)
    before = desk.seats.minds
    if profile.seats is not None:
        desk.seats.take(profile.seats)
    if desk.parts is not None:
        desk.parts.take(profile, asked.word.word_id)
    taken = [f"limits.{each.name} is {each.after} (was {each.before})" for each in profile.limits]
    taken += [f"{name} is switched off" for name in profile.off] + [f"{name} is heard again" for name in profile.on]
    taken += _seats_told(before, profile) + _sources_told(profile)
    told = f"Taken over: {'; '.join(taken)}." if taken else "Nothing was taken over."
    if profile.refused:
        told += f" Not taken over: {'. '.join(profile.refused)}."
    if profile.needs_restart:
        told += f" Not taken over, needs a restart: {'; '.join(profile.needs_restart)}."
    left = profile.needs_restart or profile.refused
    _end(desk, asked, "done" if taken or not left else "refused", told)


def _seats_told(before: MindsSettings, profile: Reloaded) -> list[str]:
    """What is taken over of the models, in words. No prompt changes by it."""
    if profile.seats is None:
        return []
    now = profile.seats.within(before)
    own = [f", that of the {role.replace('_', ' ')} {_chain(now, names)}" for role, names in now.roles.items()]
    chain = _chain(now, now.chain) or "empty"
    return [f"from the next hearing on the chain of models is {chain}{''.join(own)}, and no prompt changes"]


def _chain(minds: MindsSettings, names: tuple[str, ...]) -> str:
    return ", ".join(f"{name}/{minds.providers[name].model}" if name in minds.providers else name for name in names)


def _sources_told(profile: Reloaded) -> list[str]:
    if profile.sources is None:
        return []
    names = ", ".join(f"{source.name} with a weight of {source.weight:g}" for source in profile.sources)
    return [f"from the next bar on the sources are {names or 'none'}"]


async def _begin(desk: Desk, each: Open) -> None:
    desk.steers.open.append(each)
    await _look(desk, each, each.asked.at_utc)


async def _look(desk: Desk, each: Open, at: datetime) -> None:
    """Whether the venue has done what was asked; if a position is still held and nothing closes it, try again."""
    trader = desk.trader
    entering = [market for market, decision in each.entries.items() if trader.entries.get(market) == decision]
    held = each.closes if each.closes and trader.ledger.holds(each.closes) else ""
    if not entering and not held:
        _finish(desk, each, at, "done", "")
        return
    if each.bars >= _MOST_BARS:
        left = [f"{trader.ledger.quantities()[held]} of {held} are still held and keep their stop"] if held else []
        left += [f"the entry in {market} may still be filled" for market in entering]
        _finish(desk, each, at, "failed", f"after {each.bars} bars {', and '.join(left)}")
    elif held and not trader.is_leaving(held) and _is_due(each, at):
        await _try(desk, each, at)


def _is_due(each: Open, at: datetime) -> bool:
    waited = None if each.tried_utc is None else (at - each.tried_utc).total_seconds()
    return each.tries < _MOST_TRIES and (waited is None or waited >= _AGAIN_S)


async def _try(desk: Desk, each: Open, at: datetime) -> None:
    """Send an order that closes the position, the way of every exit."""
    symbol, word = each.closes, each.asked.word
    each.tries, each.tried_utc = each.tries + 1, at
    name = f"{at:%Y%m%dT%H%M}-{symbol.replace('/', '')}-steer{desk.steers.asked}x{each.tries}"
    if await desk.trader.leave(symbol, name, at) is not None:
        desk.tally.sold((Sale(symbol, name, f"{word.who} closed it: {word.why}"),))


def _finish(desk: Desk, each: Open, at: datetime, outcome: Outcome, left: str) -> None:
    """Say what became of a word that was being obeyed, on the venue's word. `left`: what was not done."""
    desk.steers.open.remove(each)
    trader, verb = desk.trader, each.asked.word.verb
    ended = tuple(market for market, decision in each.entries.items() if trader.entries.get(market) != decision)
    bought = [market for market in ended if trader.has_bought(each.entries[market])]
    parts = ["entries are paused until `resume`"] if verb is SteerVerb.PAUSE else []
    sales = [trade for trade in trader.ledger.trades[each.trades_before :] if trade.symbol == each.closes]
    size, price = sum((trade.quantity for trade in sales), Decimal(0)), None
    if sales:
        price = sum((trade.quantity * trade.exit_price for trade in sales), Decimal(0)) / size
        gain = sum((trade.pnl for trade in sales), Decimal(0))
        parts.append(f"{size:f} of {each.closes} was closed at {price:.8g} on average, with a profit of {gain:.2f}")
    elif each.closes and outcome == "done":
        parts.append(f"nothing is held in {each.closes}")
    if ended:
        parts.append(f"entries ended in {', '.join(ended)}")
    elif not each.entries and not each.closes:
        parts.append("no entry was under way")
    if bought and not each.closes:
        parts.append(f"what they had filled before in {', '.join(bought)} is held with its stop")
    if left:
        parts.append(f"not done: {left}")
    told = "; ".join(parts)
    desk.sink.append(
        SteerDone(
            at_utc=at,
            word_id=each.asked.word.word_id,
            verb=verb.value,
            outcome=outcome,
            told=f"{told[:1].upper()}{told[1:]}.",
            withdrawn=ended,
            closed=size if sales else None,
            price=price,
        )
    )


def _end(desk: Desk, asked: Steered, outcome: Outcome, told: str) -> None:
    """Say what became of a word that needs no venue."""
    word = asked.word
    done = SteerDone(at_utc=asked.at_utc, word_id=word.word_id, verb=word.verb.value, outcome=outcome, told=told)
    desk.sink.append(done)
