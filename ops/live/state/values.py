"""What the window says of a session: the values of its pages and of its REST answers, the same for both.

Money is in quote units, quantities are in base units, fractions are of equity unless a field says otherwise, times are UTC. No
value holds a key, a seal or a password.
"""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from config.frozen import Frozen, UtcTime
from config.settings import Settings

Mode = Literal["SIMULATED", "PAPER", "TESTNET", "LIVE"]
Phase = Literal["reading", "running", "completed", "interrupted"]
"""`reading`: its journal is still being read; `running`: it has no end yet."""


def mode_of(settings: Settings) -> Mode:
    """Whose market and whose money a session trades: drawn here, paper on real bars, a test network, or real money."""
    match settings.world:
        case "simulated":
            return "SIMULATED"
        case "recorded" | "feed":
            return "PAPER"
        case "testnet":
            return "TESTNET"
        case "live":
            return "LIVE"


class Head(Frozen):
    """Which session it is."""

    run: str = Field(description="name of the run's folder")
    mode: Mode = Field(description="whose market and whose money")
    profile: str = Field(description="name of the profile")
    version: str = Field(description="version of Tribunal that runs it, or ran it")
    source: str = Field(description="where its bars come from")
    symbols: tuple[str, ...] = Field(description="its markets")
    timeframe: str = Field(description="length of its bars")
    quote: str = Field(description="currency of the account")
    on_the_clock: bool = Field(description="whether it trades by the clock, so that ages count from now")
    start_utc: UtcTime = Field(description="its first moment")
    shadow: str = Field(default="", description="name of the court that hears its cases aside; empty without one")


class AccountNow(Frozen):
    """The account at the last bar close."""

    equity: Decimal = Field(description="equity [quote]")
    cash: Decimal = Field(description="cash; on perpetuals the wallet [quote]")
    day_pnl: Decimal = Field(description="change since 00:00 UTC [quote]")
    day_change: float = Field(description="the same [fraction of the day's first equity]")
    week_pnl: Decimal = Field(description="change since Monday 00:00 UTC [quote]")
    week_change: float = Field(description="the same [fraction of the week's first equity]")
    total_pnl: Decimal = Field(description="change since the session began [quote]")
    total_change: float = Field(description="the same [fraction of the starting cash]")
    realised: Decimal = Field(description="profit of what was closed, before fees [quote]")
    unrealised: Decimal = Field(description="profit of what is held, before fees [quote]")
    fees: Decimal = Field(description="fees paid [quote]")
    funding: Decimal = Field(description="net funding paid [quote]")
    gross: float = Field(description="long and short positions added up [fraction of equity]")
    net: float = Field(description="long less short positions [fraction of equity]")


class Used(Frozen):
    """How much of a limit is used: `now` and `limit` in fractions of equity, losses positive."""

    name: Literal["deployed", "drawdown", "day loss", "week loss", "VaR 1d", "ES 1d"]
    now: float = Field(description="now [fraction of equity]")
    limit: float = Field(description="the limit [fraction of equity]")


class Held(Frozen):
    """An open position."""

    symbol: str = Field(description="its market")
    side: Literal["long", "short"] = Field(description="long or short")
    quantity: Decimal = Field(description="quantity, never negative [base]")
    entry_price: Decimal = Field(description="mean price of its entries [quote]")
    mark_price: Decimal = Field(description="last price by which it is valued [quote]")
    stop_price: Decimal | None = Field(description="price of its stop; null for none [quote]")
    target_price: Decimal | None = Field(
        description="nearest price at which a part is sold with profit; null for none [quote]"
    )
    unrealised: Decimal = Field(description="profit before fees [quote]")
    change: float = Field(description="the same [fraction of the entry]")
    opened_utc: UtcTime | None = Field(description="its first fill")
    decision_id: str | None = Field(description="the decision that opened it")
    thesis: str = Field(description="which voters wanted it, and why the court let it pass")
    liquidation_price: Decimal | None = Field(default=None, description="mark price at which it is liquidated [quote]")
    account: str = Field(default="", description="the exchange where it lies, in a session on several")


class OrderNow(Frozen):
    """An order that is not done: open at the venue, or of unknown fate."""

    order_id: str = Field(description="its id")
    decision_id: str = Field(description="the decision it belongs to")
    symbol: str = Field(description="its market")
    side: Literal["buy", "sell"] = Field(description="buy or sell")
    kind: Literal["market", "limit", "stop"] = Field(description="market, limit or stop")
    purpose: str = Field(description="what it is for")
    quantity: Decimal = Field(description="ordered [base]")
    filled: Decimal = Field(description="filled of it [base]")
    price: Decimal | None = Field(description="its limit or stop price; null at market [quote]")
    status: str = Field(description="what the venue has said of it; `unknown` where nobody knows")
    since_utc: UtcTime = Field(description="when it was sent")
    account: str = Field(default="", description="the exchange it went to, in a session on several")


class LatchNow(Frozen):
    """Something that stops new risk: a breaker, or the kill switch."""

    name: str = Field(description="`kill switch`, or the breaker")
    since_utc: UtcTime | None = Field(description="since when")
    until_utc: UtcTime | None = Field(description="until when; null where a human lifts it")
    why: str = Field(description="why")
    scope: str = Field(description="the market or side that it stops; empty for all")


class FeedNow(Frozen):
    """What one source told last."""

    name: str = Field(description="the market, or the part of the news")
    last_utc: UtcTime | None = Field(description="when it told something last; null for never")
    note: str = Field(default="", description="why it is not believed now")


class BudgetNow(Frozen):
    """What models have cost this session."""

    day_usd: Decimal = Field(description="in the UTC day of the last bar [USD]")
    day_limit_usd: Decimal = Field(description="what may be spent in a day, by all runs of this user [USD]")
    total_usd: Decimal = Field(description="since the session began [USD]")
    requests: int = Field(description="requests that were sent")
    failed: int = Field(description="of them, those that brought no opinion")


class AlertNow(Frozen):
    """One alert."""

    at_utc: UtcTime = Field(description="when")
    code: str = Field(description="its kind")
    severity: Literal["info", "warning", "critical"] = Field(description="how grave it is")
    text: str = Field(description="what happened, what was done, what comes next")


class Counts(Frozen):
    """What has been counted since the session began."""

    bars: int = Field(description="bars")
    planned_bars: int | None = Field(description="bars that it is to have; null for no end")
    hearings: int = Field(description="cases that were heard")
    approved: int = Field(description="of them, approved whole")
    shrunk: int = Field(description="of them, approved in part")
    rejected: int = Field(description="of them, rejected")
    signed: int = Field(description="orders that the gate has signed")
    reviews: int = Field(description="held positions that were heard again")
    trades: int = Field(description="closed trades")
    won: int = Field(description="of them, with a profit")
    trade_pnl: Decimal = Field(description="their profit after fees [quote]")
    max_drawdown: float = Field(description="deepest fall below a peak, at a bar close [fraction]")


class Status(Frozen):
    """How the session stands."""

    head: Head
    phase: Phase = Field(description="reading, running, completed or interrupted")
    events: int = Field(description="events that have been taken in")
    missed: int = Field(description="events that are not in what is shown, because they could not be had")
    fault: str = Field(description="why it cannot be followed any more; empty while it can")
    as_of_utc: UtcTime | None = Field(description="the last bar close; null before the first")
    last_decision_utc: UtcTime | None = Field(description="the last case that was heard")
    account: AccountNow | None = Field(description="null before the first bar")
    used: tuple[Used, ...] = Field(description="limits and how much of each is used")
    latches: tuple[LatchNow, ...] = Field(description="what stops new risk now")
    feeds: tuple[FeedNow, ...] = Field(description="what each source told last")
    budget: BudgetNow | None = Field(description="null where no models sit")
    adjuster: str = Field(description="the policy that may change sizes, and what it may do")
    alerts: tuple[AlertNow, ...] = Field(description="the last alerts, the newest first")
    counts: Counts
