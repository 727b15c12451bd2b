"""The kernel's loop over bars, in the order of `agents.cycle` and `execution.account.trader`; and figures of bars alone.

It runs accounts (lanes), each on its own bars. It stops at a proposal for a policy, at a bar that the caller names, and before a
bar whose fills might not fit. All its state is in records, so it resumes from there.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from execution import observation
from execution.kernel import records as w
from execution.kernel.bars.calm import skip
from execution.kernel.bars.lived import fall, live, review, rise
from execution.kernel.bars.measured import measured, show, show_marks, sound
from execution.kernel.breakers import equity_of, is_shut_on, observe
from execution.kernel.compiled import compiled, door, fingerprint
from execution.kernel.gate import judge
from execution.kernel.horizons import close_what_is_due
from execution.kernel.judging.deciding import decide_both
from execution.kernel.judging.holdings import equity_in_parts
from execution.kernel.judging.shares import is_enlarged, kept_lots, may_change, share_left
from execution.kernel.judging.sight import see
from execution.kernel.judging.tails import rolled
from execution.kernel.judging.voters import remember
from execution.kernel.margined.funding import settle
from execution.kernel.market import forget_yesterday
from execution.kernel.protection import follow, leave, trim
from execution.kernel.records import Both, Floats, Ints, Record, Records, Small
from risk import record, sizing


@compiled
def _decide(
    now: Records,
    says: Records,
    rules: Records,
    limits: Record,
    account: Record,
    places: Records,
    docket: Ints,
    multipliers: Floats,
    reviewed: int,
    u: int,
) -> int:
    """Close positions that are voted out, trim those of which a smaller share is wanted, and raise their stops. Returns the
    number of proposals; `docket` lists them, strongest conviction first.

    `u`: the row of the votes of this bar. `reviewed`: how many positions the policy has reviewed; their `multipliers`
    are in the order of `docket`.
    """
    for i in range(reviewed):
        places[docket[i]].part = share_left(1.0, multipliers[i])
    waiting = 0
    for s in range(len(places)):
        say = says[u, s]
        if say.direction == 0 or now[s].state != w.BELIEVED:
            continue
        if say.direction < 0:
            leave(None, rules[s], places[s])
            continue
        wanted = say.exposure * places[s].part
        if not np.isnan(wanted):
            _shape(rules, limits, account, places, say, wanted, s)
        idle = places[s].held == 0 and places[s].orders[0, w.KIND] == w.NOTHING
        if idle or (not np.isnan(wanted) and is_enlarged(limits, places[s], wanted)):
            at = waiting
            while at > 0 and says[u, docket[at - 1]].conviction < say.conviction:
                docket[at] = docket[at - 1]
                at -= 1
            docket[at] = s
            waiting += 1
    return waiting


@compiled
def _review_shares(
    now: Records, says: Records, rules: Records, limits: Record, account: Record, places: Records, docket: Ints, u: int
) -> int:
    """Close positions that are voted out, and raise the stops of those that are held by shares. Returns how many of these the
    policy may review; `docket` lists them.

    `u`: the row of the votes of this bar. `_decide` does the rest, once the policy has said what it leaves of their shares.
    """
    waiting = 0
    for s in range(len(places)):
        say = says[u, s]
        places[s].part = 1.0
        if say.direction == 0 or now[s].state != w.BELIEVED:
            continue
        if say.direction < 0:
            leave(None, rules[s], places[s])
        elif not np.isnan(say.exposure):
            follow(None, rules[s], limits, account, places[s], say.exit)
            if may_change(limits, places[s]):
                docket[waiting] = s
                waiting += 1
    return waiting


@compiled
def _shape(
    rules: Records, limits: Record, account: Record, places: Records, say: Record, wanted: float, s: int
) -> None:
    """Raise the stop of a position to its voters' exit, and trim it if a smaller share is wanted."""
    follow(None, rules[s], limits, account, places[s], say.exit)
    if may_change(limits, places[s]):
        kept = kept_lots(rules[s], limits, places[s], wanted, equity_in_parts(None, rules, limits, account, places))
        if kept[0] >= 0.0:
            trim(None, rules[s], places[s], kept, wanted)


@compiled
def _settle(
    both: Both,
    lane: Record,
    columns: Any,
    now: Records,
    returns: Floats,
    sums: Floats,
    seen: Small,
    heard: Small,
    says: Records,
    rules: Records,
    limits: Record,
    points: Floats,
    account: Record,
    places: Records,
    paper: Floats,
    facts: Records,
    pairs: Records,
    docket: Ints,
    multipliers: Floats,
    t: int,
) -> None:
    """Let the gate judge the proposals, one after the other."""
    for i in range(lane.waiting):
        s = docket[i]
        account.proposed += 1
        side = w.LONG
        if both is not None and says[heard[t + lane.said], s].direction < 0:
            side = w.SHORT
        code = judge(
            both, columns, now, returns, sums, seen, lane.origin, says[heard[t + lane.said], s], rules, limits, points, account,
            places, paper, facts, pairs, t, s, is_shut_on(both, limits, account, places[s], side), multipliers[i], side,
        )  # fmt: skip
        if code == w.ALLOWED:
            account.signed += 1
        else:
            account.refused[code] += 1
    lane.waiting = 0


@compiled
def _run(
    both: Both,
    lane: Record,
    columns: Any,
    more: Any,
    now: Records,
    returns: Floats,
    sums: Floats,
    seen: Small,
    heard: Small,
    says: Records,
    rules: Records,
    limits: Record,
    points: Floats,
    account: Record,
    places: Records,
    paper: Floats,
    facts: Records,
    pairs: Records,
    docket: Ints,
    multipliers: Floats,
    fills: Records,
    equity: Floats,
    until: int,
    room: int,
    asks: bool,
    reviews: bool,
) -> None:
    """One lane, up to its next proposal (if it `asks`) or review (if it also `reviews`), or to bar `until` of its stretch, or to
    the end of that.

    If proposals of its bar are waiting, all their multipliers are known, and they are judged first. All proposals of a bar are
    asked about before the first is judged, as in the court: each is seen on the book on which exits are under way and no entry of
    this bar is signed. Reviews of what is held by shares come before proposals, since a trim is an exit.
    """
    begin_us, step_us, said, first, t = lane.begin_us, lane.step_us, lane.said, lane.first, lane.bar
    last, told = min(lane.end, first + until), lane.waiting > 0
    lane.status = w.RESTING
    if told:
        show(columns, now, t)
    while told or t < last:
        if not told:
            if not heard[t + said]:
                t = skip(both, lane, columns, more, heard, rules, limits, account, places, equity, t, last)
                if t >= last:
                    break
            if account.fills + room > len(fills):
                lane.status = w.CROWDED
                break
            account.bar = t
            account.now_us = begin_us + (t + 1) * step_us
            forget_yesterday(limits, account)
            show(columns, now, t)
            busy, spoken, sigma, risen, u = False, False, 0.0, 0.0, heard[t + said]
            for s in range(len(places)):
                busy = busy or places[s].live > 0 or places[s].held > 0
                spoken = spoken or says[u, s].direction != 0
                if both is not None:
                    spoken = spoken or says[u, s].short != 0
                if now[s].state == w.BELIEVED and not limits.by_symbol and abs(now[s].sigma) > sigma:
                    sigma = abs(now[s].sigma)
            if limits.by_symbol:
                sigma = fall(now, limits, account, places)
                if both is not None:
                    risen = rise(now, limits, account, places)
            if both is not None:
                marks, rates, starts, dues = more
                show_marks(marks, rates, now, t)
                settle(dues[starts[t] : starts[t + 1]], rules, limits, account, places)
            worth = account.cash_quote
            if busy:
                live(both, now, rules, limits, account, places, fills)
                worth = equity_of(both, rules, account, places)
            equity[t - first] = worth
            observe(limits, account, account.now_us // w.US_A_DAY, worth, sigma, risen)
            if busy:
                review(both, now, rules, limits, account, places)
            if limits.expires:
                close_what_is_due(both, now, says, rules, places, t, u)
            if not spoken:
                if account.voters and (u or account.following):
                    remember(both, now, says, rules, limits, account, places, u)
                t += 1
                continue
            if asks and reviews:
                lane.waiting = _review_shares(now, says, rules, limits, account, places, docket, u)
                if lane.waiting:
                    lane.status, lane.asked, lane.reviewing = w.ASKING, 0, 1
                    break
        if not told or lane.reviewing:
            if both is None:
                lane.waiting = _decide(
                    now, says, rules, limits, account, places, docket, multipliers, lane.waiting if told else 0, heard[t + said],
                )  # fmt: skip
            else:
                lane.waiting = decide_both(both, now, says, rules, limits, account, places, docket, heard[t + said])
            lane.reviewing = 0
            if asks and lane.waiting:
                lane.status, lane.asked = w.ASKING, 0
                break
        told = False
        _settle(
            both, lane, columns, now, returns, sums, seen, heard, says, rules, limits, points, account, places, paper, facts,
            pairs, docket, multipliers, t,
        )  # fmt: skip
        if account.voters:
            remember(both, now, says, rules, limits, account, places, heard[t + said])
        t += 1
    lane.bar = t
    if t == lane.end:
        lane.status = w.ENDED


def _doors(stamp: str) -> tuple[Any, Any, Any, Any, Any]:
    """The five functions that Python calls. The stamp is in their closure, so a change of any source compiles them again."""

    def advance(
        tape: Any,
        rules: Any,
        limits: Any,
        points: Any,
        state: Any,
        answers: Any,
        until: int,
        room: int,
        asks: bool,
        reviews: bool,
        both: Any,
    ) -> int:
        """Take the lanes on, each as `_run` says. Returns DONE, or what went wrong, added up.

        `rules` (R, k), `limits` (R,): those that lanes share, by `LANE.ruled`.
        `answers` (L,): multipliers of the proposals that are asked about; NaN leaves a lane as it is.
        `both`: None on spot, True on perpetuals, whose accounts ask nobody.
        """
        columns, returns, sums, seen, heard, says, more = tape
        lanes, accounts, places, now, paper, facts, pairs, docket, multipliers, fills, equity, rows = state
        crowded, overfull = w.NO, w.NO
        if not stamp:
            return w.DONE
        for n in range(len(lanes)):
            lane, account = lanes[n], accounts[n]
            overfull = overfull or account.overfull > 0
            if np.isnan(answers[n]):
                continue
            if lane.status == w.ASKING:
                multipliers[n, lane.asked] = answers[n]
                lane.asked += 1
            if lane.status != w.ASKING or lane.asked == lane.waiting:
                _run(
                    both, lane, columns, more, now, returns, sums, seen, heard, says, rules[lane.ruled], limits[lane.ruled],
                    points, account, places[n], paper, facts[limits[lane.ruled].style], pairs, docket[n], multipliers[n],
                    fills[n], equity[n], until, room, asks, reviews,
                )  # fmt: skip
            if account.bar >= lane.first:
                lane.equity = equity[n, account.bar - lane.first]
            if both is None and lane.status == w.ASKING:
                t, s = lane.bar, docket[n, lane.asked]
                say = says[heard[t + lane.said], s]
                scale = np.nan if lane.reviewing else say.scale
                show(columns, now, t)
                see(
                    None, now, returns, sums, seen, lane.origin, lane.step_us, float(say.direction), say.conviction, scale,
                    rules[lane.ruled], limits[lane.ruled], points, account, places[n], paper, facts[limits[lane.ruled].style],
                    pairs, t, s, rows[n],
                )  # fmt: skip
            crowded = crowded or lane.status == w.CROWDED
            overfull = overfull or account.overfull > 0
        return (w.NO_ROOM if crowded else w.DONE) + (w.TOO_MANY_LOTS if overfull else w.DONE)

    def look(tape: Any, rules: Any, limits: Any, points: Any, state: Any, markets: Any) -> None:
        """Write what a policy sees of one market in each lane at its last close: nothing is said of it."""
        columns, returns, sums, seen, _, _, _ = tape
        lanes, accounts, places, now, paper, facts, pairs, _, _, _, _, rows = state
        if stamp:
            for n in range(len(lanes)):
                lane, s = lanes[n], markets[n]
                if s == w.NONE:
                    continue
                held = 1.0 if places[n, s].held else 0.0
                show(columns, now, accounts[n].bar)
                see(
                    None, now, returns, sums, seen, lane.origin, lane.step_us, held, np.nan, np.nan, rules[lane.ruled],
                    limits[lane.ruled], points, accounts[n], places[n], paper, facts[limits[lane.ruled].style], pairs,
                    accounts[n].bar, s, rows[n],
                )  # fmt: skip

    def check(prices: Any, state: Any) -> tuple[int, bool, float]:
        """See `sound`."""
        return sound(prices, state) if stamp else (w.NONE, w.NO, 0.0)

    def measure(prices: Any, state: Any, returns: Any, seen: Any, sigma: Any, stale: Any) -> None:
        """Fill in all that only bars decide."""
        if stamp:
            for s in range(state.shape[1]):
                measured(prices, state, returns, seen, sigma, stale, s)

    def roll(returns: Any, sums: Any, step: int) -> None:
        """Sum up the latest `step` returns at each bar."""
        if stamp:
            rolled(returns, sums, step)

    return door(advance), door(look), door(check, tells=True), door(measure), door(roll)


def _stamp() -> str:
    """A hash of all that is compiled here, wherever it lies."""
    shared = b"".join(Path(str(module.__file__)).read_bytes() for module in (observation, record, sizing))
    return fingerprint() + hashlib.sha256(shared).hexdigest()


advance, look, check, measure, roll = _doors(_stamp())
