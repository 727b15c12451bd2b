"""Every setting of the system, with its range and unit. A profile (YAML) resolves to one `Settings`.

The tree says where a number is decided; nothing else in the code carries a default for it. Field descriptions end in a
unit in brackets, and error messages quote them.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.clashes import Clash, contradiction
from config.costs import CostSettings
from config.frozen import Frozen
from config.market_limits import MarketLimits, market_clashes
from config.minds import MindsSettings
from config.warming import watchlist_clashes

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Money = Annotated[Decimal, Field(gt=0)]

World = Literal["simulated", "recorded", "testnet", "live"]
MindName = Literal["rules", "models"]
ApprovalMode = Literal["auto", "ask", "never"]


class InstrumentSettings(Frozen):
    """Trading rules of one market. Recorded files carry none, so the profile states them; `default` serves the rest."""

    tick_size: Money = Field(default=Decimal("0.01"), description="smallest price step [quote]")
    lot_size: Money = Field(default=Decimal("0.00001"), description="smallest quantity step [base]")
    min_notional: Money = Field(default=Decimal("5"), description="smallest order value [quote]")
    maker_fee_bps: Decimal = Field(default=Decimal("10"), ge=0, le=1000, description="fee of a resting order [bps]")
    taker_fee_bps: Decimal = Field(default=Decimal("10"), ge=0, le=1000, description="fee of a taking order [bps]")


class MarketSettings(Frozen):
    """Where bars come from and what they are worth."""

    symbols: tuple[str, ...] = Field(min_length=1, description="markets, as BASE/QUOTE")
    timeframe: Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d"] = Field(description="the bar on which is decided")
    session_days: int = Field(ge=1, le=3650, description="length of a simulated session [days]")
    warmup_bars: int = Field(ge=200, le=20000, description="closed bars before the first decision [bars]")
    start_price: dict[str, Annotated[float, Field(gt=0, le=1e7)]] = Field(
        default_factory=dict, description="first simulated price by base [quote]"
    )
    instruments: dict[str, InstrumentSettings] = Field(description="trading rules by symbol; `default` for the rest")


class QualitySettings(Frozen):
    """When a symbol's data is too bad to trade on.

    `max_bar_move` and `max_bar_range` are those of bars of up to an hour; longer bars are allowed the square root of their
    hours times as much, at most twice (4h and 1d: twice).
    """

    max_missing_bars: int = Field(ge=0, le=1000, description="gap that is only noted; a longer one freezes [bars]")
    max_bar_move: Positive = Field(
        description="absolute log return of a bar that freezes the symbol; above 1h twice as much [fraction]"
    )
    max_bar_range: Positive = Field(
        description="high over low less one that freezes the symbol; above 1h twice as much [fraction]"
    )
    max_flat_bars: int = Field(ge=1, le=1000, description="zero-volume bars in a row that freeze the symbol [bars]")
    thaw_bars: int = Field(ge=1, le=1000, description="good bars in a row before a frozen symbol trades again [bars]")


class SourceSettings(Frozen):
    """One sentiment source."""

    kind: Literal["simulated", "recorded", "rss"]
    name: str = Field(min_length=1, max_length=40)
    weight: Positive = Field(description="share in the fused score, relative to the others")
    path: str | None = Field(default=None, description="file of a recorded source")
    url: str | None = Field(default=None, description="address of an RSS source")
    timeout_s: Positive = Field(default=5.0, le=60.0, description="longest wait for a feed [seconds]")
    max_bytes: int = Field(default=2_000_000, ge=1000, le=5_000_000, description="largest feed that is read [bytes]")

    @model_validator(mode="after")
    def _has_its_place(self) -> Self:
        if self.kind == "recorded" and not self.path:
            raise contradiction([(("path",), "a recorded source needs `path`, the file with its headlines")])
        if self.kind == "rss" and not self.url:
            raise contradiction([(("url",), "an rss source needs `url`, the address of the feed")])
        return self


class SentimentSettings(Frozen):
    """How headlines become one number a symbol."""

    half_life_h: Positive = Field(description="age at which a headline counts half [hours]")
    max_age_h: Positive = Field(description="age after which it counts no more [hours]")
    min_headlines: int = Field(ge=1, le=100, description="fewer than these and the source abstains [headlines]")
    sources: tuple[SourceSettings, ...] = ()


class StrategyContext(Frozen):
    """One voter: a strategy with its parameters, on these symbols."""

    strategy: Literal["ema_cross", "golden_cross", "rsi_bounce", "momentum_breakout", "own"]
    file: str | None = Field(default=None, description="Python file of a voter of your own")
    name: str | None = Field(default=None, description="its class in that file")
    symbols: tuple[str, ...] = Field(default=("*",), min_length=1, description="markets it votes on; `*` for all")
    weight: Positive = Field(default=1.0, description="its share in the netted vote")
    params: dict[str, float] = Field(default_factory=dict, description="overrides of the strategy's own parameters")

    @model_validator(mode="after")
    def _own_ones_are_found(self) -> Self:
        if (self.strategy == "own") != bool(self.file and self.name) or bool(self.file) != bool(self.name):
            raise contradiction(
                [(("strategy", "file", "name"), "`own` goes with a file and the name of a class in it")]
            )
        return self


class CourtSettings(Frozen):
    """Who sits in the court, and when it is called."""

    mind: MindName = "rules"
    call: Literal["on_proposal", "every_bar"] = Field(description="when the court is called")
    role_deadline_s: Annotated[float, Field(gt=0, le=600)] = Field(
        description="silence that counts as abstaining [seconds]"
    )
    net_threshold: Fraction = Field(description="netted vote below which nothing is proposed [0..1]")
    advocate_reject: Fraction = Field(description="strength of counter-evidence at which the case is lost [0..1]")
    seats: tuple[Literal["analyst", "risk_agent", "devils_advocate", "supervisor"], ...] = Field(
        default=("analyst", "risk_agent", "devils_advocate", "supervisor"),
        description="roles that sit; the others give a neutral word, to learn what they are worth",
    )
    approval_above: Money | None = Field(
        description="signed position above which a yes is needed before its order leaves; null for never [quote]"
    )
    approval: ApprovalMode = Field(
        description="who is asked: a human on the terminal, or all (auto) or none (never) pass"
    )
    approval_deadline_s: Annotated[float, Field(gt=0, le=3600)] = Field(description="silence that is a no [seconds]")


VarMethod = Literal["historical", "gaussian", "cornish_fisher", "ewma", "fhs_ewma", "evt", "evt_ewma"]
"""How VaR and expected shortfall are estimated on the gate's path: see `risk/estimators.py`."""


class RiskLimits(MarketLimits):
    """The hard limits. Fractions are of equity unless a name says otherwise; the tightest always wins."""

    risk_per_trade: Annotated[float, Field(gt=0, le=0.1)] = Field(description="loss at the stop [fraction of equity]")
    max_position_fraction: Annotated[float, Field(gt=0, le=1)] = Field(description="one position [fraction of equity]")
    max_deployed_fraction: Annotated[float, Field(gt=0, le=1)] = Field(description="all positions [fraction of equity]")
    var_confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(description="confidence of the VaR limit")
    max_var_1d: Annotated[float, Field(gt=0, le=1)] = Field(description="one-day portfolio VaR [fraction of equity]")
    es_confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(description="confidence of the ES limit")
    max_es_1d: Annotated[float, Field(gt=0, le=1)] = Field(
        description="one-day expected shortfall [fraction of equity]"
    )
    risk_window_bars: Annotated[int, Field(ge=50, le=20000)] = Field(description="returns behind VaR and ES [bars]")
    var_method: VarMethod = Field(description="estimator behind VaR and ES")
    max_correlation: Annotated[float, Field(gt=0, le=1)] = Field(description="to any held position; above it: refused")
    max_tick_bps: Annotated[float, Field(gt=0, le=1000)] = Field(
        description="venue's price step against the price [bps]"
    )
    min_conviction: Annotated[float, Field(ge=0, le=1)] = Field(description="lowest conviction that may trade [0..1]")
    stop_fraction: Annotated[float, Field(gt=0, lt=0.5)] = Field(description="smallest stop distance [fraction]")
    stop_atr_multiple: Annotated[float, Field(gt=0, le=20)] = Field(description="stop distance in ATRs [multiple]")
    max_stop_fraction: Annotated[float, Field(gt=0, lt=0.9)] = Field(description="largest stop distance [fraction]")
    kelly_fraction: Annotated[float, Field(gt=0, le=1)] = Field(description="share of full Kelly [fraction]")
    kelly_edge: Annotated[float, Field(gt=0, le=0.5)] = Field(
        description="win probability above that of a fair game, granted to full conviction [fraction]"
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        ordered = (
            ("max_position_fraction", "max_deployed_fraction", "one position cannot be larger than all of them"),
            ("stop_fraction", "max_stop_fraction", "the smallest stop distance cannot exceed the largest"),
            ("max_daily_loss", "max_drawdown", "it would never act"),
        )
        clashes: list[Clash] = [
            ((low, high), f"{low} {getattr(self, low)} is above {high} {getattr(self, high)}: {why}")
            for low, high, why in ordered
            if getattr(self, low) > getattr(self, high)
        ]
        if self.trading_hours_utc is not None and len(set(self.trading_hours_utc)) < 2:
            clashes.append((("trading_hours_utc",), "trading hours that end when they begin are none; null is all day"))
        if clashes:
            raise contradiction(clashes)
        return self


class ExitSettings(Frozen):
    """What stands behind every entry from the moment of its fill."""

    take_profit_fraction: Annotated[float, Field(gt=0, le=10)] = Field(
        description="first target above entry [fraction]"
    )
    take_profit_share: Annotated[float, Field(gt=0, lt=1)] = Field(description="part sold at the target [fraction]")
    trail_fraction: Annotated[float, Field(gt=0, lt=0.9)] = Field(
        description="trailing distance of the rest below the highest price since the target [fraction]"
    )


class VenueSettings(CostSettings):
    """The exchange: a simulated one, with what trading costs there, or one that CCXT knows."""

    kind: Literal["simulated", "ccxt"]
    exchange: str = Field(default="binance", min_length=1, description="CCXT id, for kind ccxt")
    starting_cash: Money = Field(description="account at the start [quote]")


class GateSettings(Frozen):
    """What a backtest must show before its strategy may trade on paper."""

    min_sharpe: Annotated[float, Field(ge=0, le=20)] = Field(description="annual Sharpe ratio to be above")
    max_drawdown: Annotated[float, Field(gt=0, le=1)] = Field(description="deepest drawdown to be below [fraction]")
    min_trades: Annotated[int, Field(ge=0, le=1_000_000)] = Field(description="closed trades to be above [trades]")


class JournalSettings(Frozen):
    """How durable an event is before the next one happens."""

    group_commit: Annotated[int, Field(ge=1, le=100000)] = Field(
        description="events a commit; 1 where a real venue is involved [events]"
    )


class Settings(Frozen):
    """One resolved profile."""

    profile: str
    world: World
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = Field(description="seed of everything that is drawn")
    market: MarketSettings
    quality: QualitySettings
    sentiment: SentimentSettings
    strategies: tuple[StrategyContext, ...] = Field(min_length=1)
    court: CourtSettings
    minds: MindsSettings
    limits: RiskLimits
    exits: ExitSettings
    venue: VenueSettings
    gates: GateSettings
    journal: JournalSettings

    @model_validator(mode="after")
    def _real_venues_are_safe(self) -> Self:
        clashes: list[Clash] = []
        if self.venue.kind == "ccxt" and self.journal.group_commit != 1:
            durable = "group_commit must be 1 where a real venue is involved, so that no event is lost"
            clashes.append((("journal.group_commit", "venue.kind"), durable))
        if self.venue.kind == "ccxt" and self.world in ("simulated", "recorded"):
            made_up = f"orders that were decided on a {self.world} market may not reach a real venue"
            clashes.append((("venue.kind", "world"), made_up))
        if self.venue.kind == "ccxt" and len(set(self.court.seats)) < 4:
            clashes.append((("court.seats", "venue.kind"), "all four roles sit where a real venue is involved"))
        if self.court.mind == "models" and self.court.role_deadline_s <= self.minds.deadlines.role_s:
            late = "must be longer than the time of a role's models: what the court cuts off could not be replayed"
            clashes.append((("court.role_deadline_s", "minds.deadlines.role_s"), late))
        clashes += watchlist_clashes(self) + market_clashes(self)
        if clashes:
            raise contradiction(clashes)
        return self
