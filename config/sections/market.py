"""`market:`: where bars come from, and the trading rules of each market."""

from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, model_validator

from config.frozen import Frozen, absent
from config.sections.clashes import Clash, contradiction
from config.sections.kinds import Money


class TierSettings(Frozen):
    """What an exchange asks of perpetual positions up to a notional."""

    up_to: Money | None = Field(description="largest notional of the tier; null for the last one [quote]")
    max_leverage: Annotated[Decimal, Field(ge=1, le=1000)] = Field(description="notional over margin, at most")
    maintenance_rate: Annotated[Decimal, Field(gt=0, lt=1)] = Field(
        description="share of the notional that must be left of margin and profit"
    )
    maintenance_amount: Annotated[Decimal, Field(ge=0)] = Field(
        default=Decimal(0), description="what is taken off that share [quote]"
    )


class PerpetualsSettings(Frozen):
    """That the markets are linear perpetual contracts, isolated and one-way, which may be sold short."""

    margin: Literal["isolated", "cross"] = Field(
        default="isolated",
        description="what a position may lose: its own margin; `cross`, all that is there, is refused",
    )

    leverage: Annotated[Decimal, Field(ge=1, le=3)] = Field(
        default=Decimal(1), description="notional of a position over the margin that it reserves"
    )
    trigger: Literal["mark", "last"] = Field(
        default="mark", description="the price that triggers stops: the mark price, or that of the last trade"
    )

    @model_validator(mode="after")
    def _isolated(self) -> Self:
        if self.margin == "cross":
            why = "cross margin would let one position lose the money of all others: only isolated margin is traded"
            raise contradiction([(("margin",), why)])
        return self


class PerpetualSettings(Frozen):
    """What a linear perpetual contract has beside the rules of every market."""

    contract_size: Money = Field(default=Decimal(1), description="size of one contract [base]")
    tiers: tuple[TierSettings, ...] = Field(min_length=1, description="margin tiers, by rising notional")
    funding_interval_h: Annotated[int, Field(ge=1, le=24)] = Field(default=8, description="time between fundings [h]")
    liquidation_fee_bps: Annotated[Decimal, Field(ge=0, le=1000)] = Field(
        default=Decimal(0), description="what a liquidation costs beside the taker fee [bps]"
    )
    maintenance_at: Literal["mark", "entry"] = Field(
        default="mark",
        description="price at which the maintenance margin is taken: the mark price (Binance) or the entry (Bybit)",
    )

    @model_validator(mode="after")
    def _rise(self) -> Self:
        ends = [tier.up_to for tier in self.tiers]
        known = [end for end in ends if end is not None]
        rates = [tier.maintenance_rate for tier in self.tiers]
        if ends[-1] is not None or len(known) != len(ends) - 1 or known != sorted(set(known)) or rates != sorted(rates):
            why = "tiers stand by rising up_to, the last one with null, and ask for no less of larger positions"
            raise contradiction([(("tiers",), why)])
        if any(tier.maintenance_rate * tier.max_leverage >= 1 for tier in self.tiers):
            why = "a position with the most leverage of its tier would be liquidated at once: maintenance_rate is too high"
            raise contradiction([(("tiers",), why)])
        return self


class InstrumentSettings(Frozen):
    """Trading rules of one market. Recorded files do not contain them, so the profile does; `default` covers the rest."""

    tick_size: Money = Field(default=Decimal("0.01"), description="smallest price step [quote]")
    lot_size: Money = Field(default=Decimal("0.00001"), description="smallest quantity step [base]")
    min_notional: Money = Field(default=Decimal("5"), description="smallest order value [quote]")
    maker_fee_bps: Decimal = Field(default=Decimal("10"), ge=0, le=1000, description="fee of a resting order [bps]")
    taker_fee_bps: Decimal = Field(default=Decimal("10"), ge=0, le=1000, description="fee of a taking order [bps]")
    perpetual: PerpetualSettings | None = Field(
        default=None, description="what a perpetual contract has beside; null for spot", exclude_if=absent
    )


class MarketSettings(Frozen):
    """The markets, their bars and their trading rules."""

    symbols: tuple[str, ...] = Field(min_length=1, description="markets, as BASE/QUOTE")
    perpetuals: PerpetualsSettings | None = Field(
        default=None,
        exclude_if=absent,
        description="that they are linear perpetual contracts, long or short; null: spot, long or flat",
    )
    timeframe: Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d"] = Field(
        description="length of the bars on which the strategies decide"
    )
    feed: str | None = Field(
        min_length=1,
        description="exchange whose closed bars a session trades as they close, a CCXT id; null for drawn or recorded bars",
    )
    feed_patience_s: float = Field(
        gt=0,
        le=3600,
        description="how long a bar is waited for that one market lacks while others have it; at most half a bar [s]",
    )
    feed_late_s: float = Field(
        gt=0, le=3600, description="age of a live bar from which on nothing new is opened on it; at most one bar [s]"
    )
    session_days: int = Field(ge=1, le=3650, description="length of a simulated session [days]")
    warmup_bars: int = Field(ge=200, le=20000, description="closed bars before the first decision [bars]")
    scenario: Literal["weather", "mixed", "calm", "bull", "bear", "chop", "flash-crash", "outage", "depeg"] = Field(
        description="what the simulated market does in a session; `weather`: as before version 0.3.0"
    )
    context: Literal["none", "facts"] = Field(
        description="what a case knows beside bars and headlines: nothing, or the figures of docs/context.md"
    )
    history_days: int | None = Field(
        ge=0,
        le=3650,
        description="days before the warm-up that are read as daily bars; null for what voters and context ask for [days]",
    )
    signals: Literal["core", "full"] = Field(
        description="signals that a case holds and voters may read: `core`, those of version 0.2; `full`, all of docs/signals.md"
    )
    calendar: str | None = Field(
        default=None,
        min_length=1,
        exclude_if=absent,
        description="the exchange whose sessions the daily bars are, a MIC such as XNYS or XBOM; null: the markets never close",
    )
    annualise: Literal["sessions"] | None = Field(
        default=None,
        exclude_if=absent,
        description="the year by which volatilities among the signals of daily bars are annualised: `sessions`, as many as the "
        "calendar has; null: 365 days",
    )
    schedule: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d [A-Za-z_/+-]+[A-Za-z0-9]*$")] | None = Field(
        default=None,
        exclude_if=absent,
        description="when a session of the calendar is decided on, near its close, as HH:MM and a time zone; as much earlier on "
        "a day that closes early; null: where bars are yet to come, none is traded by a calendar",
    )
    start_price: dict[str, Annotated[float, Field(gt=0, le=1e7)]] = Field(
        default_factory=dict, description="first simulated price by base [quote]"
    )
    instruments: dict[str, InstrumentSettings] = Field(description="trading rules by symbol; `default` for the rest")

    @model_validator(mode="after")
    def _sessions_are_days(self) -> Self:
        clashes = list[Clash]()
        if self.calendar is not None and self.timeframe != "1d":
            clashes.append((("calendar", "timeframe"), "sessions of a calendar have bars of 1d, and no other"))
        if self.annualise is not None and self.calendar is None:
            clashes.append((("annualise", "calendar"), "a year of sessions is that of a calendar, and none is named"))
        if self.schedule is not None and self.calendar is None:
            clashes.append((("schedule", "calendar"), "a schedule is of the sessions of a calendar, and none is named"))
        if self.schedule is not None and self.schedule.split()[1] not in available_timezones():
            clashes.append(
                (("schedule",), f"{self.schedule.split()[1]} is no time zone; it is one such as Asia/Kolkata")
            )
        if clashes:
            raise contradiction(clashes)
        return self

    @model_validator(mode="after")
    def _leverage_is_offered(self) -> Self:
        if self.perpetuals is None:
            return self
        leverage, clashes = self.perpetuals.leverage, list[Clash]()
        for name, rules in self.instruments.items():
            if rules.perpetual is not None and (most := rules.perpetual.tiers[0].max_leverage) < leverage:
                why = f"leverage {leverage} is above the {most} that the exchange allows in {name}, even for small positions"
                clashes.append((("perpetuals.leverage", f"instruments.{name}.perpetual.tiers"), why))
        if clashes:
            raise contradiction(clashes)
        return self
