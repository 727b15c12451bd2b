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

ABSENT, BELIEVED, DOUBTED = 0, 1, 2
"""What the quality monitor made of a bar: none or refused; believed; doubted, and given in its worst reading."""

NOTHING, MARKET, LIMIT, STOP = 0, 1, 2, 3
"""Kinds of order; NOTHING marks a free slot."""

ENTRY, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP, STRATEGY_EXIT, TRIM, HORIZON_EXIT = 0, 1, 2, 3, 4, 5, 6
PURPOSES = ("entry", "stop_loss", "take_profit", "trailing_stop", "strategy_exit", "trim", "horizon_exit")

SLOTS = 4
BUYING, FIRST, SECOND, THIRD = range(SLOTS)
"""Orders of one symbol, oldest first: its entry, and its exits."""

ALONE, PAIRED = 0, 1
TAKER, MAKER = 0, 1
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
     ("state", "i1"), ("frozen", "i1")],
    align=True,
)  # fmt: skip
"""Prices [quote], volume [base]; `sigma`: its return in standard deviations of those before, with its sign, NaN where unknown;
`stale`: bars in a row without a believed one."""

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
     ("out", "i4"), ("horizon", "i4"), ("direction", "i1")]
)  # fmt: skip
"""What is said at a bar close: see `execution.kernel.engine.Votes`."""

FILL = _record(floats="fee", ints="bar symbol buys purpose lots ticks")
"""A trade: which bar and symbol, 1 for a purchase, index into PURPOSES, lots, ticks, fee [quote]."""

RULE = _record(
    floats="tick_whole tick_parts units maker_units taker_units fee calm",
    ints="levels sector",
    pairs="tick lot per_lot with_fee least least_steps depth trail capped middle",
    away=("f8", (MOST_LEVELS, 2)),
    ask=("f8", (MOST_LEVELS, 2)),
    bid=("f8", (MOST_LEVELS, 2)),
)
"""One market's rules: see `execution.kernel.rules`. `sector`: a number of its own for each, -1 for none. `capped` times the last
close gives the dearest price of an entry in ticks; `middle` times a price gives its ticks, and `away` how far each level is from
it in a calm book. `calm`: the volatility of a bar up to which its book is a calm one, 0 for any [fraction]."""

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
    + "entry_cap fall_sigma proven_at streak_log hard_stop band "
    + " ".join(SETTINGS),
    ints="window step least_bars filtered floored halves daily_pause_us weekly_pause_us day_bars turbulence_pause_us "
    "streak_pause_us first_hour last_hour macro_pause_us covered_from_us covered_to_us releases_known "
    "clusters kelly_risk kelly_even by_symbol learns style number expires tailed",
    pairs="cash target share dearest capped",
    releases_us=("i8", (MOST_RELEASES,)),
)
"""The account's limits, exits and venue; a limit that is off is infinite. `step`, `least_bars`, `day_scale`, `decay`, `falls` and
`floored`: see `risk.measures.horizon`. `delay`: what multiplies a bar's range to give its movement during the latency.
`releases_us`: the calendar of releases, of which the first `releases_known` count; `macro_pause_us` is -1 where it is off.
`entry_cap`: how far above the last close an entry may buy, 0 for any price; `capped` is 1 more. `hard_stop`: that of positions by
shares; `band`: by how much their share may differ, below 0 where none is ever changed. `style`: which table of FACT the lane
shares; `number`: of these rules among those that lanes share. `expires`: 1 if a position is sold once the horizon of its voters
has passed. `tailed`: 1 unless it is sure that no size of such a lane reaches the limits of VaR and ES."""

PLACE = _record(
    floats="entry_stop bracket_stop trailing_from mark share exit entry_share entry_exit part below above coins weighed_at",
    ints="symbol held bracket outgrown too_small leaving stop_ticks moving asks bids laid head tail live changed unwanted opened "
    "turbulent_until younger reached front passed due thin weighed",
    pairs="notional pnl worth",
    orders=("i8", (SLOTS, 9)),
    wakes=("f8", (SLOTS,)),
    followed=("f8", (MOST_VOTERS, 5)),
    prices=("i8", (2, MOST_LEVELS)),
    depths=("i8", (2, MOST_LEVELS)),
    late=("i8", (2, MOST_LEVELS)),
    lot_sizes=("i8", (ENTRY_BOOKS * MOST_LEVELS + 1,)),
    lot_ticks=("i8", (ENTRY_BOOKS * MOST_LEVELS + 1,)),
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
`below`, `above`, `coins`, `passed`: see `execution.kernel.bars.calm`. `reached`, `front`: scratch space of a search for a
cluster."""

ACCOUNT = _record(
    floats="cash_quote peak day_start week_start traded",
    ints="bar now_us day week losses halted daily_until weekly_until turbulent_until streak_until fills proposed signed "
    "entries errors trades wins following voters overfull",
    pairs="cash told quoted",
    records=("f8", (MOST_VOTERS, 5)),
    refused=("i8", (len(RULES),)),
    lowest=("f8", (FEW + 1,)),
    counted=("i4", (MOST_DAY_BARS, 2)),
)
"""Cash, what the breakers remember (moments in microseconds, 0 for open), counters. `entries` and `errors` are those of the last
24 hours, made up of the bars of the day in `counted`. `traded`: notional of all fills [quote]. `overfull`:
1 if a position had more lots than are kept. `quoted`: what the cash of `told` is in quote units [quote]."""

FACT = _record(floats="value loss ratio daily volume room", ints="bar shown wide")
"""What only bars decide at one close of one market, kept once it was asked for, 0 before: VaR and ES per step of a book that is
this market alone, the short volatility over the long, the volatility of a day, and what was traded in 24 hours [quote]. `bar`:
which, counted from 1. Lanes of the same `style` of measuring share them. `room` [quote], and whether the spread
is too `wide`: of the book that is shown after the bar, under the rules `shown`, counted from 1."""

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
