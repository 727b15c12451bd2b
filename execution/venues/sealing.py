"""Gives gate and venue the same seal, so that no higher package ever holds it."""

from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from config.sections.venue import VenueSettings
from execution.simulated.venue import SimulatedVenue
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


def open_venue(instruments: dict[str, Instrument], settings: VenueSettings, key: bytes) -> SimulatedVenue:
    """The simulated exchange, which accepts only orders with that seal."""
    return SimulatedVenue(instruments, settings, Seal(key))
