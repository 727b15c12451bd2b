"""The outcomes of the cases of a recorded court: enough to attribute and calibrate it without its candles.

They are stored beside the window as `NAME.outcomes.json`. Outcomes follow from the candles and the stop of the gate,
so they are recorded; the statistics about roles and convictions are computed from them each time.
"""

from pathlib import Path

from recorded_court import Window, settings_of

from agents.memory.outcomes import Barriers, CaseOutcome
from agents.records.record import Session
from config.frozen import Frozen, UtcTime
from evidence.rulings.hearings import HearingOutcome, HearingRun
from market.instrument import Instrument
from market.timeframe import Timeframe


class Past(Frozen):
    """The dates and markets of a run, and the outcomes of its hypothetical purchases."""

    start_utc: UtcTime
    end_utc: UtcTime
    timeframe: Timeframe
    bars: int
    data_hash: str
    horizon_bars: int
    instruments: dict[str, Instrument]
    outcomes: tuple[CaseOutcome, ...]


def past_of(found: HearingRun) -> Past:
    """Return the stored values of a run."""
    session = found.session
    return Past(
        start_utc=session.start_utc,
        end_utc=session.end_utc,
        timeframe=session.timeframe,
        bars=session.bars,
        data_hash=found.data_hash,
        horizon_bars=found.barriers.horizon_bars,
        instruments=session.instruments,
        outcomes=tuple(outcome for _, outcome in found.settled),
    )


def read_past(window: Path) -> Past:
    """Return the outcomes beside a window."""
    return Past.model_validate_json(window.with_suffix(".outcomes.json").read_bytes())


def hearing_run_of(name: str, window: Window, past: Past) -> HearingRun:
    """Return a recorded court in the form that attribution and calibration read."""
    session = Session(
        version="recorded",
        settings=settings_of(window.head),
        source=window.head.window,
        symbols=tuple(past.instruments),
        timeframe=past.timeframe,
        instruments=past.instruments,
        start_utc=past.start_utc,
        end_utc=past.end_utc,
        bars=past.bars,
        key_id="",
        findings=(),
    )
    known = {outcome.decision_id: outcome for outcome in past.outcomes}
    heard = [hearing for docket in window.dockets for hearing in docket.hearings]
    results = tuple(HearingOutcome(hearing, known.get(hearing.case.decision_id)) for hearing in heard)
    return HearingRun(name, session, past.data_hash, Barriers.of(session, past.horizon_bars), results, past.bars)
