"""Gives gate and venue the same seal, so that no higher package ever holds it."""

from collections.abc import Mapping

from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from config.sections.market import PerpetualsSettings
from config.sections.venue import VenueSettings
from execution.simulated.venue import SimulatedVenue
from execution.venues.routed import RoutedSimulation
from market.instrument import Instrument
from risk.calibration import SizingMaps
from risk.manager import RiskManager
from risk.order import Seal


def open_gate(
    limits: RiskLimits,
    exits: ExitSettings,
    key: bytes,
    bars_per_day: float,
    calibration: SizingMaps | None = None,
) -> RiskManager:
    """The gate of a session, with the seal of the journal's key."""
    return RiskManager(limits, exits, Seal(key), bars_per_day, calibration)


def open_venue(
    instruments: dict[str, Instrument],
    settings: VenueSettings,
    key: bytes,
    rules: Mapping[str, Mapping[str, Instrument]] | None = None,
    perpetuals: PerpetualsSettings | None = None,
) -> SimulatedVenue | RoutedSimulation:
    """The simulated exchange, or several of them, which accept only orders with that seal. `rules`: those of each of several,
    by name. `perpetuals`: leverage and trigger, if the markets are perpetuals, which several do not trade."""
    if not settings.members:
        return SimulatedVenue(instruments, settings, Seal(key), perpetuals)
    rules = rules or {}
    venues = {
        name: SimulatedVenue(rules.get(name, instruments), each, Seal(key)) for name, each in settings.members.items()
    }
    return RoutedSimulation(venues, instruments, {each.name: each.funding_multiple for each in settings.also})
