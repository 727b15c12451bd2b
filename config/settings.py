"""A whole profile, and the checks across its sections.

Each number that a user can set is defined in the settings and has no other default in the code. Field descriptions end with
the unit in brackets, and error messages quote it. A check inside one section is in that section's file
(`config/sections/`); a check across sections is here.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from config.frozen import Frozen
from config.sections.clashes import Clash, begins, contradiction
from config.sections.court import CourtSettings
from config.sections.emergency.settings import EmergencySettings
from config.sections.exits import ExitSettings
from config.sections.gates import GateSettings, LiveSettings
from config.sections.journal import JournalSettings
from config.sections.limits import RiskLimits
from config.sections.market import MarketSettings
from config.sections.minds import MindsSettings
from config.sections.quality import QualitySettings
from config.sections.rl import RlSettings
from config.sections.sentiment import SentimentSettings
from config.sections.strategies import StrategyContext, loosened, set_values
from config.sections.venue import VenueSettings, also_clashes

World = Literal["simulated", "recorded", "feed", "testnet", "live"]


class Settings(Frozen):
    """One resolved profile."""

    profile: str = Field(description="name of the profile: that of its file, never stated in it")
    world: World = Field(
        description="where bars come from: drawn here, read from files, an exchange (orders are simulated), an exchange's test "
        "network, an exchange (orders are real)"
    )
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = Field(description="seed of everything that is drawn")
    market: MarketSettings
    quality: QualitySettings
    sentiment: SentimentSettings
    strategies: tuple[StrategyContext, ...] = Field(
        min_length=1, description="the voters; their votes are netted by weight"
    )
    court: CourtSettings
    minds: MindsSettings
    rl: RlSettings = Field(description="the policy that adjusts sizes")
    limits: RiskLimits
    exits: ExitSettings
    venue: VenueSettings
    emergency: EmergencySettings
    gates: GateSettings
    live: LiveSettings
    journal: JournalSettings

    @model_validator(mode="after")
    def _real_venues_are_safe(self) -> Self:
        clashes: list[Clash] = []
        if self.venue.is_real and self.journal.group_commit != 1:
            durable = "group_commit must be 1 where a real venue is involved, so that no event is lost"
            clashes.append((("journal.group_commit", "venue.kind"), durable))
        if self.venue.is_real and self.world in ("simulated", "recorded", "feed"):
            made_up = f"orders that were decided on a {self.world} market may not reach a real venue"
            clashes.append((("venue.kind", "world"), made_up))
        if self.venue.is_real and self.market.feed != self.venue.exchange:
            elsewhere = (
                f"orders for {self.venue.exchange} are decided on its own bars, and not on those of {self.market.feed}"
            )
            clashes.append((("market.feed", "venue.exchange"), elsewhere))
        if self.world in ("testnet", "live") and not self.venue.is_real:
            nowhere = f"orders of the world {self.world} go to a real exchange: kind must be ccxt, or ib"
            clashes.append((("venue.kind", "world"), nowhere))
        if self.limits.ramp != (self.world == "live"):
            ramp = "true with real money, because it begins with a quarter of its size, and false in every other world"
            clashes.append((("limits.ramp", "world"), ramp))
        if self.venue.is_real and len(set(self.court.seats)) < 4:
            clashes.append((("court.seats", "venue.kind"), "all four roles sit where a real venue is involved"))
        if self.court.mind == "models" and self.court.role_deadline_s <= self.minds.deadlines.role_s:
            late = "must be longer than the time of a role's models: what the court cuts off could not be replayed"
            clashes.append((("court.role_deadline_s", "minds.deadlines.role_s"), late))
        if self.court.memory is not None and self.minds.retrieval == "embedding":
            unread = "a file of past cases holds their figures and not their texts, so retrieval must be features"
            clashes.append((("court.memory", "minds.retrieval"), unread))
        if (self.world == "feed") != (self.market.feed is not None) and self.world in ("simulated", "recorded", "feed"):
            feed = (
                "a feed needs the name of an exchange"
                if self.world == "feed"
                else f"{self.world} bars come from no exchange"
            )
            clashes.append((("market.feed", "world"), feed))
        clashes += (
            _ruling_clashes(self) + _watchlist_clashes(self) + _market_clashes(self) + _context_market_clashes(self)
        ) + (_perpetual_clashes(self) + _broker_clashes(self))
        if clashes:
            raise contradiction(clashes)
        return self

    @model_validator(mode="after")
    def _exchanges_have_their_money(self, info: ValidationInfo) -> Self:
        live = self.world == "live"
        money, named = (
            (self.live.capital, "live.capital") if live else (self.venue.starting_cash, "venue.starting_cash")
        )
        if begins(info) and (clashes := also_clashes(self.venue, money, named)):
            raise contradiction(clashes)
        return self

    @model_validator(mode="after")
    def _contexts_only_tighten(self) -> Self:
        clashes = list(loosened(self.strategies, self.limits))
        if not any(entry.is_on for entry in self.strategies):
            clashes.append((("strategies",), "every context is switched off, so nobody would vote"))
        if self.market.perpetuals is None:
            sold = "only perpetuals can be sold short: set market.perpetuals, or leave `sides` out"
            both = [index for index, entry in enumerate(self.strategies) if entry.sides == "both"]
            clashes += [((f"strategies.{index}.sides", "market.perpetuals"), sold) for index in both]
        if clashes:
            raise contradiction(clashes)
        return self

    @model_validator(mode="after")
    def _feeds_tell_of_now(self, info: ValidationInfo) -> Self:
        feeds = [f"{source.name} of kind {source.kind}" for source in self.sentiment.sources if source.live]
        if begins(info) and feeds and self.world in ("simulated", "recorded"):
            ahead = (
                f"{', '.join(feeds)} tells what is new today, and {self.world} bars do not wait for it; keep its "
                "headlines with `tribunal collect`, and name that archive as a source of kind recorded"
            )
            raise contradiction([(("sentiment.sources", "world"), ahead)])
        return self


def _perpetual_clashes(settings: Settings) -> list[Clash]:
    """What sessions of perpetuals cannot have: real money, live bars without an exchange, several exchanges."""
    if settings.market.perpetuals is None:
        return []
    clashes: list[Clash] = []
    if settings.world == "live":
        real = (
            "perpetuals are not traded with real money in this version: no real exchange was ever reached with them, and the "
            "record on paper that real money asks for knows no margin; take the world testnet"
        )
        clashes.append((("market.perpetuals", "world"), real))
    if settings.world == "feed":
        live = "live bars of perpetuals are traded at an exchange (world testnet), and not on the simulated one"
        clashes.append((("market.perpetuals", "world"), live))
    if settings.venue.also:
        several = (
            "perpetuals are traded on one exchange: margin that lies at several cannot cover a position at one of them"
        )
        clashes.append((("market.perpetuals", "venue.also"), several))
    return clashes


def _broker_clashes(settings: Settings) -> list[Clash]:
    """What sessions at a broker of shares need, and cannot have; and what no other venue knows."""
    venue, market, clashes = settings.venue, settings.market, list[Clash]()
    if settings.world not in ("simulated", "recorded") and venue.kind != "ib" and market.calendar is not None:
        always = (
            "bars of a feed close around the clock; sessions of a calendar are traded with kind: ib, or out of files"
        )
        clashes.append((("market.calendar", "venue.kind"), always))
    if settings.world == "simulated" and market.calendar is not None:
        clashes.append((("market.calendar", "world"), "the simulated market never closes"))
    if settings.exits.attached and market.perpetuals is not None:
        clashes.append(
            (("exits.attached", "market.perpetuals"), "a stop is attached to a purchase of spot, and to no contract")
        )
    if venue.kind == "ccxt" and settings.exits.attached:
        clashes.append((("exits.attached", "venue.kind"), "no exchange behind CCXT takes a stop with its entry here"))
    if venue.kind != "ib":
        return clashes
    if settings.world == "live":
        real = (
            "real money is not traded at Interactive Brokers in this version: no real gateway was ever reached, and the record "
            "on paper that real money asks for knows no sessions; take the world testnet with a paper account"
        )
        clashes.append((("world", "venue.kind"), real))
    if market.calendar is None or market.schedule is None:
        when = "a broker's sessions have a calendar, and a schedule that says when each is decided on"
        clashes.append((("market.calendar", "market.schedule"), when))
    if venue.also or venue.entry.how != "market":
        clashes.append(
            (("venue.also", "venue.entry.how"), "at a broker there is one account, and an entry is sent whole")
        )
    named = set() if venue.ib is None else venue.ib.contracts.keys()
    if missing := [symbol for symbol in market.symbols if symbol not in named]:
        clashes.append((("venue.ib.contracts", "market.symbols"), f"no share is named behind {', '.join(missing)}"))
    return clashes


def _market_clashes(settings: Settings) -> list[Clash]:
    """Limits under which no order could ever be bought from the order book of the simulated exchange."""
    venue, limits = settings.venue, settings.limits
    if venue.kind != "simulated":
        return []
    clashes: list[Clash] = []
    if venue.spread_bps > limits.max_spread_bps:
        wide = f"spread_bps {venue.spread_bps:g} is above max_spread_bps {limits.max_spread_bps:g}: nothing could be bought"
        clashes.append((("venue.spread_bps", "limits.max_spread_bps"), wide))
    elif venue.spread_bps / 2 > limits.max_slippage * 10_000:
        dear = f"half of spread_bps {venue.spread_bps:g} is above max_slippage {limits.max_slippage:g}: nothing could be bought"
        clashes.append((("venue.spread_bps", "limits.max_slippage"), dear))
    elif limits.entry_price_cap_bps is not None and venue.spread_bps / 2 >= limits.entry_price_cap_bps:
        capped = (
            f"half of spread_bps {venue.spread_bps:g} reaches entry_price_cap_bps {limits.entry_price_cap_bps:g}: nothing could "
            "be bought"
        )
        clashes.append((("venue.spread_bps", "limits.entry_price_cap_bps"), capped))
    return clashes


def _context_market_clashes(settings: Settings) -> list[Clash]:
    """Limits of a context under which it could never buy from the order book of the simulated exchange."""
    if settings.venue.kind != "simulated":
        return []
    spread, clashes = settings.venue.spread_bps, list[Clash]()
    least = {"max_spread_bps": spread, "max_slippage": spread / 20_000, "entry_price_cap_bps": spread / 2}
    for index, entry in enumerate(settings.strategies):
        own = set_values(entry.limits)
        for name, value in least.items():
            if name in own and (own[name] < value or (name == "entry_price_cap_bps" and own[name] == value)):
                key = f"strategies.{index}.limits.{name}"
                why = f"at {own[name]:g} nothing could be bought where venue.spread_bps is {spread:g}"
                clashes.append(((key, "venue.spread_bps"), why))
    return clashes


def _ruling_clashes(settings: Settings) -> list[Clash]:
    """Settings of when a ruling is there that contradict where bars come from."""
    court, clocked = settings.court, settings.world in ("feed", "testnet", "live")
    clashes: list[Clash] = []
    if court.latency_s and clocked:
        clashes.append(
            (("court.latency_s", "world"), "where bars are yet to come, models take the time that they take")
        )
    if not court.wait and not clocked:
        at_once = "bars that are there already follow at once; court.latency_s says how long a ruling takes on them"
        clashes.append((("court.wait", "world"), at_once))
    if court.fast_share is not None and court.mind == "models":
        if court.wait and not court.latency_s:
            there = "the ruling is there at once, so there is nothing to enter before it; set court.latency_s"
            clashes.append((("court.fast_share", "court.wait"), f"{there}, or, on a live feed, court.wait: false"))
        if settings.minds.fast_path_conviction >= 1.0:
            never = "at 1 no purchase takes the fast path, so no share of one is entered at once; set it below 1"
            clashes.append((("court.fast_share", "minds.fast_path_conviction"), never))
    if not court.wait and settings.minds.transcripts in ("record", "replay"):
        unknown = "recorded answers do not say when a ruling was there; wait must be true"
        clashes.append((("court.wait", "minds.transcripts"), unknown))
    return clashes


def _watchlist_clashes(settings: Settings) -> list[Clash]:
    """Settings that contradict a non-empty watchlist when models are in the court."""
    minds, court = settings.minds, settings.court
    if not minds.watchlist or court.mind != "models":
        return []
    chain = minds.roles.get("analyst", minds.chain)
    asked = chain[: chain.index("rules")] if "rules" in chain else chain
    clashes: list[Clash] = []
    if court.call == "every_bar":
        clashes.append(
            (("minds.watchlist", "court.call"), "where every bar is tried nothing is left to be asked ahead")
        )
    if not asked:
        clashes.append((("minds.watchlist",), "the analyst of this profile is no model, so nobody can be asked ahead"))
    if minds.warm_wait and settings.world in ("feed", "testnet", "live"):
        late = "waiting for outlooks would delay the bars of a world that does not wait"
        clashes.append((("minds.warm_wait", "world"), late))
    if not minds.warm_wait and minds.transcripts in ("record", "replay"):
        unknown = "recorded answers do not say which outlooks had come by a bar's close; warm_wait must be true"
        clashes.append((("minds.warm_wait", "minds.transcripts"), unknown))
    if not minds.warm_wait:
        single = [name for name in asked if minds.providers[name].concurrency < 2]
        clashes += [
            (
                ("minds.warm_wait", f"minds.providers.{name}.concurrency"),
                f"the one call at a time of {name} is the court's",
            )
            for name in single
        ]
    return clashes
