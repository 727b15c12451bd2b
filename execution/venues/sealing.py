"""Where gate and venue get the same seal, so that nothing above this room ever holds it."""

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
    """The gate of a session, with the seal that belongs to the journal's key."""
    return RiskManager(limits, exits, Seal(key), bars_per_day, calibration)


def open_venue(instruments: dict[str, Instrument], settings: VenueSettings, key: bytes) -> SimulatedVenue:
    """The simulated exchange, which opens its door to that seal only."""
    return SimulatedVenue(instruments, settings, Seal(key))
