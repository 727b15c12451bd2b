"""A desk that trades the bars of a tape or a feed, on the simulated exchange or a real one."""

from collections.abc import Callable

from agents.desk.arrivals import Feed, Pulse
from agents.desk.description import warmup_of
from agents.desk.desk import Desk
from agents.desk.models import prompts, sits
from agents.desk.outside import Outside
from agents.desk.policy import adjuster_for
from agents.desk.steered.news import Newsroom
from agents.desk.wiring import open_desk
from agents.records.record import Session, Warmup
from agents.strategies.facts import SentimentReader
from config.clock import SystemClock
from config.settings import Settings
from execution.account.routing.routes import Health
from execution.journal.event import Sink
from execution.simulated.venue import SimulatedVenue
from execution.venues.routed import RoutedSimulation
from execution.venues.sealing import open_venue
from execution.venues.venue import Venue
from market.bar import Slice
from market.tape import Tape


class TapeFeed:
    """The slices of a tape, without waiting."""

    def __init__(self, tape: Tape) -> None:
        self._slices = tape.slices()

    async def next(self) -> Slice | None:
        """The next slice; None at the end of the tape."""
        return next(self._slices, None)


def open_paper(settings: Settings, session: Session, tape: Tape, journal: Sink, key: bytes, outside: Outside) -> Desk:
    """A desk on the simulated exchange that trades a tape. The first events of its journal are written here."""
    news = Newsroom(settings.sentiment, tape.news, SystemClock())
    if outside.parts is not None:
        outside.parts.news = news
    return open_traded(settings, session, warmup_of(tape), TapeFeed(tape), news, journal, key, outside)


def open_traded(
    settings: Settings,
    session: Session,
    warmup: Warmup,
    feed: Feed,
    sentiment: SentimentReader,
    journal: Sink,
    key: bytes,
    outside: Outside,
    pulse: Pulse | None = None,
    real: Venue | None = None,
    behind: Callable[[Venue], Venue] = lambda venue: venue,
    health: Health | None = None,
) -> Desk:
    """A desk on the simulated exchange, or on a `real` one. The first events of its journal are written here. `pulse`: of a
    session on the clock. `behind` puts something between the account and its venue. `health`: says which of several are well."""
    adjuster = adjuster_for(settings, session)
    journal.append(session)
    journal.append(warmup)
    if sits(settings):
        journal.append(prompts(session))
    simulated = None if real is not None else simulation_of(session, key)
    venue = real or simulated
    assert venue is not None
    return open_desk(
        session,
        warmup,
        feed=feed,
        venue=behind(venue),
        driver=simulated,
        sentiment=sentiment,
        sink=journal,
        switch=outside.switch,
        approver=outside.approver,
        key=key,
        adjuster=adjuster,
        asker=outside.asker,
        landed=outside.landed,
        spoke_next=outside.spoke_next,
        overheard=outside.overheard,
        aside=outside.shadow,
        looked=outside.looked if pulse is None else None,
        parts=outside.parts,
        pulse=pulse,
        health=health,
    )


def simulation_of(session: Session, key: bytes) -> SimulatedVenue | RoutedSimulation:
    """The simulated exchange of a session, or its several ones."""
    rules = {name: each.instruments for name, each in session.exchanges.items()}
    return open_venue(dict(session.instruments), session.settings.venue, key, rules, session.settings.market.perpetuals)
