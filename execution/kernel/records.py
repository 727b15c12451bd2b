"""The kernel's own words: the records that its functions are handed. A record is one row of a numpy array, passed by address.

Prices are whole ticks, quantities whole lots, money a whole number of units held in two floats (`execution.kernel.exact`); a
field of two numbers is high and low part of one. Symbols are in order of their names. What is compiled from here: see
`execution.kernel.compiled`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.sections.venue import MOST_LEVELS
from execution.simulated.matching import MARKET_SLICES
from risk.limits.catalogue import CATALOGUE
from risk.limits.row import Kernel, Part
from risk.verdict import RuleCode

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.int8]
Small = NDArray[np.int32]
Records = NDArray[np.void]
Record = Any
"""One row of `Records`: mypy cannot know its fields."""
Both = bool | None
"""None on spot, where nothing is short, and True on perpetuals. numba compiles a function once for each, and none of what
perpetuals need into that of spot."""

ABSENT, BELIEVED, DOUBTED = 0, 1, 2
"""What the quality monitor made of a bar: none or refused; believed; doubted, and given in its worst reading."""

NOTHING, MARKET, LIMIT, STOP = 0, 1, 2, 3
"""Kinds of order; NOTHING marks a free slot."""

ENTRY, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP, STRATEGY_EXIT, TRIM, HORIZON_EXIT, LIQUIDATION = range(8)
PURPOSES = (
    "entry",
    "stop_loss",
    "take_profit",
    "trailing_stop",
    "strategy_exit",
    "trim",
    "horizon_exit",
    "liquidation",
)

SLOTS = 4
BUYING, FIRST, SECOND, THIRD = range(SLOTS)
"""Orders of one symbol, oldest first: its entry, and its exits."""

ALONE, PAIRED = 0, 1
TAKER, MAKER = 0, 1
LONG, SHORT = 1, -1
ASKS, BIDS = 0, 1
"""Rows of a book."""
OVERDRAWN = -1
"""No number of lots: an exit would take more than the margin of its position."""
OPENS, COVERS = 1, 2
"""Bits of `SAY.short`: whether a short is to be opened, and whether one is to be closed."""
MOST_TIERS = 16
"""Margin tiers of a market [count]."""
VALUE_AT_RISK, SHORTFALL = 0, 1
"""Named, since numba compiles a function once for each number that is written out where it is called."""

KIND, PURPOSE, QUANTITY, LEFT, FILLED, PRICE, TAKING, BOOKS, LINKED = range(9)
"""Columns of `PLACE.orders`: quantities in lots, the price in ticks, how many books it has met."""

US_A_DAY = 86_400_000_000
"""Microseconds of a day."""
MOST_DAY_BARS = 1440
"""Bars of a day, of which the shortest are a minute long."""
MONDAY_TO_THURSDAY, DAYS_A_WEEK = 3, 7
"""A week begins on a Monday, and 1970 began on a Thursday."""
ENTRY_BOOKS = MARKET_SLICES
FEW = 48
"""Tail values up to which inserting beats selecting."""

RULES: tuple[RuleCode, ...] = (
    "well_formed",
    *(limit.code for limit in CATALOGUE if limit.part is Part.CHECK and limit.kernel is Kernel.COUNTED),
    "share",
    "tail_check",
    "min_notional",
)
"""Codes of the rules that can refuse a purchase, in the order in which the first to refuse is named."""

WELL_FORMED = RULES.index("well_formed")
DATA_QUALITY = RULES.index("data_quality")
BREAKER = RULES.index("breaker")
CONVICTION = RULES.index("min_conviction")
RULING = RULES.index("ruling")
TICK_SIZE = RULES.index("tick_size")
HISTORY = RULES.index("risk_history")
CORRELATED = RULES.index("correlation")
DAY_VOLUME = RULES.index("day_volume")
ORDER_RATE = RULES.index("order_rate")
MOST_POSITIONS = RULES.index("max_positions")
HOURS = RULES.index("trading_hours")
MACRO_EVENT = RULES.index("macro_event")
SPREAD = RULES.index("spread")
ERROR_RATE = RULES.index("error_rate")
NEAR_LIQUIDATION = RULES.index("liquidation")
FUNDING = RULES.index("funding")
TAILS = RULES.index("tail_check")
MIN_NOTIONAL = RULES.index("min_notional")
SHARE = RULES.index("share")
ALLOWED = -1
NONE = -1
"""No market, and no order."""
NO, YES = False, True
"""Named for the reason above."""


def _record(
    floats: str = "", ints: str = "", pairs: str = "", **arrays: tuple[str, tuple[int, ...]]
) -> np.dtype[np.void]:
    """What is read most lies together, and long arrays behind it: many accounts touch fewer pages of memory so."""
    fields: list[Any] = [(name, "f8", (2,)) for name in pairs.split()]
    fields += [(name, "f8") for name in floats.split()] + [(name, "i8") for name in ints.split()]
    fields += [(name, kind, shape) for name, (kind, shape) in arrays.items()]
    return np.dtype(fields, align=True)


BAR = np.dtype(
    [("open", "f8"), ("high", "f8"), ("low", "f8"), ("close", "f8"), ("volume", "f8"), ("sigma", "f8"), ("stale", "i4"),
     ("state", "i1"), ("frozen", "i1"), ("mark_open", "f8"), ("mark_high", "f8"), ("mark_low", "f8"), ("mark_close", "f8"),
     ("rate", "f8")],
    align=True,
)  # fmt: skip
"""Prices [quote], volume [base]; `sigma`: its return in standard deviations of those before, with its sign, NaN where unknown;
`stale`: bars in a row without a believed one. Of perpetuals `mark_*` [quote]: the mark price, or the traded one where no mark is
known; `rate`: the funding rate that was due last [fraction of the notional], NaN where none is known."""

DUE = np.dtype([("price", "f8"), ("high", "f8"), ("low", "f8"), ("market", "i4")], align=True)
"""Funding that is due at the open of a bar: of which market, the price at which it is paid [quote], and the rate, in two
parts."""

OPEN, HIGH, LOW, CLOSE, VOLUME = range(5)
"""Rows of a grid's prices."""

MOST_RELEASES = 512
"""Releases of the calendar (`market.context.calendar`)."""
MOST_VOTERS = 16
"""Voters whose records are kept."""
HOLDING, LEAVING = 1.0, 2.0
"""Whether the voter of a followed purchase holds a share, or wants to be out."""
CASES, WINS, GAIN, LOSS, SQUARES = range(5)
"""Columns of `ACCOUNT.records`: see `risk.record.VotersRecord`."""
ENTERED, FAILED = range(2)
"""Columns of `ACCOUNT.counted`: entries, and orders that the venue rejected."""

SAY = np.dtype(
    [("conviction", "f8"), ("scale", "f8"), ("atr", "f8"), ("exposure", "f8"), ("exit", "f8"), ("cast", "i4"), ("sharing", "i4"),
     ("out", "i4"), ("horizon", "i4"), ("shorts", "i4"), ("direction", "i1"), ("short", "i1")]
)  # fmt: skip
"""What is said at a bar close: see `execution.kernel.engine.Votes`."""

FILL = _record(floats="fee", ints="bar symbol buys purpose lots ticks")
"""A trade: which bar and symbol, 1 for a purchase, index into PURPOSES, lots, ticks, fee [quote]."""

RULE = _record(
    floats="tick_whole tick_parts units maker_units taker_units fee calm liquidated_units interval_h",
    ints="levels sector by_mark at_entry bounded tiers",
    pairs="tick lot per_lot with_fee least least_steps depth trail capped middle leverage most trail_up cheapest margin_fee "
    "unleveraged",
    away=("f8", (MOST_LEVELS, 2)),
    ask=("f8", (MOST_LEVELS, 2)),
    bid=("f8", (MOST_LEVELS, 2)),
    up_to=("f8", (MOST_TIERS, 2)),
    kept_rate=("f8", (MOST_TIERS, 2)),
    kept_amount=("f8", (MOST_TIERS, 2)),
)
"""One market's rules: see `execution.kernel.rules`. `sector`: a number of its own for each, -1 for none. `capped` times the last
close gives the dearest price of an entry in ticks, and `cheapest` that of a short sale; `middle` times a price gives its ticks,
and `away` how far each level is from it in a calm book. `calm`: the volatility of a bar up to which its book is a calm one, 0
for any [fraction]. Of perpetuals: `leverage`, and `unleveraged`, one over it; `by_mark`: 1 if the mark triggers stops;
`liquidated_units`: the fee of a liquidation of one lot at one tick; `interval_h`: between two payments of funding; `tiers` of
maintenance margin, each with the notional that it reaches `up_to` [quote], infinite for the last, the rate that is to be kept,
and the amount that is taken off it [quote]; `at_entry`: 1 if that is counted at the entry and not at the mark; `most`: the
notional up to which this leverage is allowed [quote], if it is `bounded`; `margin_fee`: margin and fee of an entry [fraction of
its notional]."""

SETTINGS = tuple(
    name
    for limit in CATALOGUE
    if limit.kernel is Kernel.COUNTED
    for name in limit.loosest
    if name not in ("trading_hours_utc", "max_slippage", "macro_pause_h")
)
"""Settings of the limits that are counted, each a field of LIMITS by its own name. Trading hours are `first_hour` and
`last_hour` there, the slippage is the exact `dearest`, and the pause near releases is `macro_pause_us`."""

LIMITS = _record(
    floats="starting_cash quote_units take_profit var_tail es_tail stop stop_atr max_stop day_scale decay falls delay "
    + "entry_cap fall_sigma proven_at streak_log hard_stop band hold_h margin_step cost_step "
    + " ".join(SETTINGS),
    ints="window step least_bars filtered floored halves daily_pause_us weekly_pause_us day_bars turbulence_pause_us "
    "streak_pause_us first_hour last_hour macro_pause_us covered_from_us covered_to_us releases_known "
    "clusters kelly_risk kelly_even by_symbol learns style number expires tailed stress_bars",
    pairs="cash target share dearest capped target_down cheapest trail_atr",
    releases_us=("i8", (MOST_RELEASES,)),
)
"""The account's limits, exits and venue; a limit that is off is infinite. `step`, `least_bars`, `day_scale`, `decay`, `falls` and
`floored`: see `risk.measures.horizon`. `delay`: what multiplies a bar's range to give its movement during the latency.
`releases_us`: the calendar of releases, of which the first `releases_known` count; `macro_pause_us` is -1 where it is off.
`entry_cap`: how far above the last close an entry may buy, 0 for any price; `capped` is 1 more. `hard_stop`: that of positions by
shares; `band`: by how much their share may differ, below 0 where none is ever changed. `style`: which table of FACT the lane
shares; `number`: of these rules among those that lanes share. `expires`: 1 if a position is sold once the horizon of its voters
has passed. `tailed`: 1 unless it is sure that no size of such a lane reaches the limits of VaR and ES. `trail_atr`: how many
average ranges a stop trails behind, 0 for a fraction of the price. `hold_h`: how long funding is counted [h]; `margin_step` and
`cost_step`: to what margins and entry values of perpetuals are rounded [units]."""

PLACE = _record(
    floats="entry_stop bracket_stop trailing_from mark share exit entry_share entry_exit part below above coins weighed_at "
    "entry_atr atr liquidated_at mark_below mark_above",
    ints="symbol held bracket outgrown too_small leaving stop_ticks moving asks bids laid head tail live changed unwanted opened "
    "turbulent_until younger reached front passed due thin weighed side moved risen_until",
    pairs="notional pnl worth average drawn margin bound",
    orders=("i8", (SLOTS, 9)),
    wakes=("f8", (SLOTS,)),
    followed=("f8", (MOST_VOTERS, 5)),
    prices=("i8", (2, MOST_LEVELS)),
    depths=("i8", (2, MOST_LEVELS)),
    late=("i8", (2, MOST_LEVELS)),
    lot_sizes=("i8", (ENTRY_BOOKS * MOST_LEVELS + 1,)),
    lot_ticks=("i8", (ENTRY_BOOKS * MOST_LEVELS + 1,)),
    mirrored=("i1", (MOST_VOTERS,)),
)
"""What stands in one market. `lot_*`: what was bought and not yet sold, from `head` to `tail`. `asks`, `bids`: lots left of this
bar's liquidity, known once `laid`. `thin`: the strain of that bar beyond that of a calm one [hundredths]. `prices`, `depths`:
the current order book, asks in row 0; `late`: its prices for late orders. `live`: open orders. `opened`: bar of the first fill
of what is held.
`share`: what the position stands for, 0 for one with a target, and `exit`: that of its voters, 0 for none; `entry_*`: those of
the entry under way, which is `younger` than the exits that rest. `part`: what the policy leaves of the share that
the voters want.
`followed`: the purchase that is followed for each voter: its stop, its entry, its bars, its exit, and 1 if its voter holds
shares, 2 once that one wants to be out (`execution.kernel.judging.voters`); a stop of 0 is none.
`worth`: of `weighed` lots at the mark `weighed_at` [quote].
`due`: the bar from which its time is up (`execution.kernel.horizons`); it counts where something is held.
`atr`: the average range when it was bought, NaN where it is not known [quote].
On perpetuals, `side`: LONG or SHORT, of the position or of the entry under way; `held` has no sign. `turbulent_until` pauses
purchases there, and `risen_until` short sales. `average`, `drawn`, `margin`, `bound`, `moved` and `liquidated_at`: see
`execution.kernel.margined.isolated`. `mirrored`: 1 where a short sale is followed.
`below`, `above`, `mark_*`, `coins`, `passed`: see `execution.kernel.bars.calm`. `reached`, `front`: scratch space of a search
for a cluster."""

ACCOUNT = _record(
    floats="cash_quote peak day_start week_start traded",
    ints="bar now_us day week losses halted daily_until weekly_until turbulent_until streak_until fills proposed signed "
    "entries errors trades wins following voters overfull risen_until",
    pairs="cash told quoted bound",
    records=("f8", (MOST_VOTERS, 5)),
    shorts=("f8", (MOST_VOTERS, 5)),
    refused=("i8", (len(RULES),)),
    lowest=("f8", (FEW + 1,)),
    counted=("i4", (MOST_DAY_BARS, 2)),
)
"""Cash, what the breakers remember (moments in microseconds, 0 for open), counters. `entries` and `errors` are those of the last
24 hours, made up of the bars of the day in `counted`. `traded`: notional of all fills [quote]. `overfull`:
1 if a position had more lots than are kept. `quoted`: what the cash of `told` is in quote units [quote]. `shorts`: the records of
short sales. `bound`: what `cash` has of money that is not free, on perpetuals [units]."""

FACT = _record(floats="value loss ratio daily volume room short_value short_loss bid_room", ints="bar shown wide")
"""What only bars decide at one close of one market, kept once it was asked for, 0 before: VaR and ES per step of a book that is
this market alone, the short volatility over the long, the volatility of a day, and what was traded in 24 hours [quote]. `bar`:
which, counted from 1. Lanes of the same `style` of measuring share them. `room` [quote], and whether the spread
is too `wide`: of the book that is shown after the bar, under the rules `shown`, counted from 1. `short_*` and `bid_room`: those
of a short."""

PAIR = _record(floats="value", ints="bar rows")
"""The correlation of two markets at one close, over so many `rows` of returns, kept once it was asked for. `bar`: which, counted
from 1, 0 before. It depends on bars alone, so all lanes share it."""

RESTING, ASKING, CROWDED, ENDED = 0, 1, 2, 3
"""Where a lane stands: between two bars; at a proposal that waits for its multiplier; before a bar for whose fills there may be
no room; behind its last bar."""

DONE, NO_ROOM, TOO_MANY_LOTS = 0, 1, 2
"""What a call of the loop reports, added up: that a lane lacks room for fills, that a position had more lots than are kept."""

LANE = _record(floats="equity", ints="begin_us step_us origin said first end bar waiting asked status reviewing ruled")
"""One account on its way along a tape, by rows of the tape: its stretch from `first` to before `end`, the next `bar` or, while it
asks, that of the proposals; the first close of any market (`origin`). `said` added to a bar's row gives its place in the column
that tells the row of its votes. `begin_us`: when row 0 would have opened, and `step_us` how long a bar is. `asked`: how many of
the `waiting` proposals of the bar have their multiplier; while it is `reviewing`, they are positions by shares. `ruled`: the
number of its rules among those that lanes share. `equity` at the last close."""
