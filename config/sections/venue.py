"""`venue:`: the exchange or exchanges, and the trading costs of simulated ones: spread, depth, impact, latency."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from config.frozen import Frozen, absent, empty
from config.sections.brokers.ib import IbSettings
from config.sections.clashes import Clash
from config.sections.kinds import Money

KEY_OF, SECRET_OF, PASSWORD_OF = (f"TRIBUNAL_EXCHANGE_{what}_" for what in ("KEY", "SECRET", "PASSWORD"))
NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"
"""What an exchange of a session may be called."""
MOST_LEVELS = 100
"""Price levels of a side of the book, at most; the fast engine keeps room for so many."""


class EntrySettings(Frozen):
    """How an entry is bought that the gate has signed. It is never bought dearer than the gate allowed
    (`entry_price_cap_bps`)."""

    how: Literal["market", "touch"] = Field(
        default="market",
        description="at market at once; or at the best bid, sent anew when that moves, and at market when its time is up",
    )
    reprice_s: Annotated[float, Field(ge=0.5, le=3600)] = Field(
        default=5.0, description="how often a real exchange's best bid is looked at between two bars, for touch [s]"
    )
    market_after_s: Annotated[float, Field(ge=0, le=86_400)] = Field(
        default=30.0,
        description="the time of an entry, or of each slice of it; in process it is up at the next close, for touch [s]",
    )
    slice_quote: Annotated[Decimal, Field(gt=0)] | None = Field(
        default=None, description="value above which an entry is bought in slices; null for never, for touch [quote]"
    )


class AlsoSettings(Frozen):
    """One more exchange of a session: an entry goes to the one that is cheapest, all in (docs/decisions/040).

    What is null is as at the first exchange. Costs are those of the simulated exchange; a real one has its own.
    """

    name: Annotated[str, Field(pattern=NAME)] = Field(
        description="what it is called in this profile and in the journal; the first exchange is called by venue.exchange"
    )
    exchange: str = Field(default="binance", min_length=1, description="CCXT id, for kind ccxt")
    url: str | None = Field(
        default=None, description="another address of the exchange, such as a simulator's; null: its own, for kind ccxt"
    )
    cash: Annotated[Decimal, Field(ge=0)] = Field(
        description="the part of starting_cash (of live.capital with real money) that lies there; the rest is at the first "
        "exchange [quote]"
    )
    spread_bps: Annotated[float, Field(ge=0, le=500)] | None = Field(
        default=None, description="best bid to best ask, for kind simulated [bps]"
    )
    depth_fraction: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="quantity on one side of the book, as a share of the bar's volume, for kind simulated [fraction]",
    )
    latency_ms: Annotated[float, Field(ge=0, le=86_400_000)] | None = Field(
        default=None, description="time from a decision to the venue, for kind simulated [ms]"
    )
    maker_fee_bps: Annotated[Decimal, Field(ge=0, le=1000)] | None = Field(
        default=None, description="fee of a resting order in every market, for kind simulated [bps]"
    )
    taker_fee_bps: Annotated[Decimal, Field(ge=0, le=1000)] | None = Field(
        default=None, description="fee of a taking order in every market, for kind simulated [bps]"
    )
    funding_multiple: Annotated[Decimal, Field(ge=0, le=100)] = Field(
        default=Decimal(1),
        description="what a position pays there of the funding rate that the data tells, for kind simulated [multiple]",
    )


class VenueSettings(Frozen):
    """The exchange: the simulated one with its trading costs, or one that CCXT supports.

    Spread and depth define the order book that the simulated exchange builds around each recorded or simulated price.
    """

    spread_bps: Annotated[float, Field(ge=0, le=500)] = Field(description="best bid to best ask [bps]")
    levels: Annotated[int, Field(ge=1, le=MOST_LEVELS)] = Field(description="price levels a side")
    level_step_bps: Annotated[float, Field(gt=0, le=500)] = Field(description="distance between levels [bps]")
    depth_fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        description="quantity on one side of the book, as a share of the bar's volume [fraction]"
    )
    latency_ms: Annotated[float, Field(ge=0, le=86_400_000)] = Field(
        default=0.0,
        description="time from a decision to the venue; 0 in journals written before this setting existed [ms]",
    )
    calm_volatility: Annotated[float, Field(gt=0, le=10)] | None = Field(
        default=None,
        exclude_if=absent,
        description="volatility of a day, as the range of each bar shows it, up to which books are as the other settings say; a "
        "bar that is n times as volatile has n times the spread and the steps, and an n-th of the depth; null for never "
        "[fraction]",
    )
    impact: Literal["book", "square_root"] = Field(
        default="book", description="prices behind the best price: levels at even steps, or the square-root law"
    )
    impact_coefficient: Annotated[float, Field(ge=0, le=100)] = Field(
        default=1.0, description="Y of the square-root law; not used with impact: book [multiple]"
    )

    kind: Literal["simulated", "ccxt", "ib"] = Field(
        description="the simulated exchange, a real one behind CCXT, or the broker Interactive Brokers"
    )
    exchange: str = Field(default="binance", min_length=1, description="CCXT id, for kind ccxt")
    url: str | None = Field(
        default=None,
        description="another address of the exchange, such as a simulator's on this machine; null: its own, for kind ccxt",
    )
    compare_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=60.0,
        description="how often the account is compared with the ledger between two bars, for kind ccxt [s]",
    )
    entry: EntrySettings = Field(
        default=EntrySettings(),
        description="how entries are bought; at market in journals written before this setting existed",
    )
    close_together: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1,
        description="markets that are asked at one time when the kill switch sells, for kind ccxt; 1 in journals written before "
        "this setting existed [markets]",
    )
    max_clock_off_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=86_400.0,
        description="how far this machine's clock may be from the exchange's before no market takes new risk, for kind ccxt; a "
        "day in journals written before this setting existed [s]",
    )
    ib: IbSettings | None = Field(
        default=None,
        exclude_if=absent,
        description="the gateway of Interactive Brokers, for kind ib; null for every other",
    )
    starting_cash: Money = Field(description="cash of the account at the start, at all exchanges together [quote]")
    also: tuple[AlsoSettings, ...] = Field(
        default=(),
        max_length=7,
        exclude_if=empty,
        description="more exchanges of the same session; an entry goes to the cheapest that may take it, an exit to the one that "
        "holds the position; empty for one exchange",
    )

    @property
    def is_real(self) -> bool:
        """Whether orders leave this program."""
        return self.kind != "simulated"

    @property
    def members(self) -> dict[str, "VenueSettings"]:
        """Each exchange of a session that has several, by its name and in the profile's order; empty for one exchange."""
        if not self.also:
            return {}
        first = self.model_copy(update={"also": (), "starting_cash": self.starting_cash - self.lent})
        return {self.exchange: first, **{each.name: self._as(each) for each in self.also}}

    @property
    def lent(self) -> Decimal:
        """The money that lies at the exchanges beside the first [quote]."""
        return sum((each.cash for each in self.also), Decimal(0))

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables that hold the keys of the exchanges beside the first."""
        return tuple(name for each in self.also for name in key_variables_of(each.name))

    def with_cash(self, cash: Decimal, cash_at: Mapping[str, Decimal]) -> "VenueSettings":
        """The same exchanges with other money: all of it, and what lies at each by name [quote]."""
        also = tuple(each.model_copy(update={"cash": cash_at.get(each.name, each.cash)}) for each in self.also)
        return self.model_copy(update={"starting_cash": cash, "also": also})

    def _as(self, each: AlsoSettings) -> "VenueSettings":
        own: dict[str, Any] = {"also": (), "exchange": each.exchange, "url": each.url, "starting_cash": each.cash}
        costs = {name: getattr(each, name) for name in ("spread_bps", "depth_fraction", "latency_ms")}
        return self.model_copy(update=own | {name: value for name, value in costs.items() if value is not None})


def key_variables_of(name: str) -> tuple[str, str, str]:
    """The environment variables with key, secret and passphrase of an exchange beside the first."""
    suffix = re.sub(r"[^A-Z0-9]", "_", name.upper())
    return f"{KEY_OF}{suffix}", f"{SECRET_OF}{suffix}", f"{PASSWORD_OF}{suffix}"


def also_clashes(venue: VenueSettings, money: Decimal, named: str) -> list[Clash]:
    """What several exchanges of a session may not be. `money`: what they have together [quote], by the setting `named`."""
    clashes: list[Clash] = []
    names = [venue.exchange, *(each.name for each in venue.also)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        clashes.append((("venue.also", "venue.exchange"), f"two exchanges of a session are called {twice[0]}"))
    places = [(venue.exchange, venue.url), *((each.exchange, each.url) for each in venue.also)]
    if venue.kind == "ccxt" and len(set(places)) < len(places):
        clashes.append((("venue.also", "venue.exchange"), "an exchange is named twice: its account is one"))
    if venue.also and venue.lent >= money:
        least = f"{venue.lent} lie at the other exchanges, and all have {money}: nothing is left for {venue.exchange}"
        clashes.append((("venue.also", named), least))
    return clashes
