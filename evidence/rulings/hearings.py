"""The hearings of finished runs, each with the outcome of a purchase on the bars that followed.

It reads only verified journals. A run counts once: if it were given twice, its cases would count twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.court.hearing import Hearing
from agents.memory.outcomes import HORIZON_BARS, Barriers, CaseOutcome, Settler
from agents.records.reading import open_run
from agents.records.record import CycleRecord, Session
from config.errors import UsageFault
from config.progress import Telling, silent


@dataclass(frozen=True, slots=True)
class HearingOutcome:
    """A hearing and its outcome; None if the run ended before the outcome was known."""

    hearing: Hearing
    outcome: CaseOutcome | None


@dataclass(frozen=True, slots=True)
class HearingRun:
    """All hearings of one run in their order, in so many `bars`. `data_hash` identifies the bars, `barriers` define the
    outcomes."""

    run: str
    session: Session
    data_hash: str
    barriers: Barriers
    hearings: tuple[HearingOutcome, ...]
    bars: int

    @property
    def settled(self) -> tuple[tuple[Hearing, CaseOutcome], ...]:
        """The hearings with a known outcome."""
        return tuple((heard.hearing, heard.outcome) for heard in self.hearings if heard.outcome is not None)


def read_runs(
    folders: Sequence[str], key: bytes, horizon_bars: int = HORIZON_BARS, telling: Telling = silent
) -> tuple[HearingRun, ...]:
    """Return the hearings of several runs. Raises UsageFault for a run given twice, JournalFault for a damaged or
    forged journal.
    """
    found: list[HearingRun] = []
    for folder in folders:
        read = read_hearings(Path(folder), key, horizon_bars, telling)
        twin = next((other for other in found if _same(other, read)), None)
        if twin is not None:
            raise UsageFault(
                f"{folder} holds the same hearings as {twin.run}, which was given before: they would count twice. "
                "Nothing was computed. Give each run once."
            )
        found.append(read)
    return tuple(found)


def read_hearings(folder: Path, key: bytes, horizon_bars: int = HORIZON_BARS, telling: Telling = silent) -> HearingRun:
    """Return the hearings of one run, in one pass. Raises JournalFault as `open_run` does, UsageFault for a horizon
    below 1 bar.
    """
    if horizon_bars < 1:
        raise UsageFault(f"The horizon must be at least one bar, not {horizon_bars}. Nothing was computed.")
    session, _, events = open_run(folder, key)
    barriers = Barriers.of(session, horizon_bars)
    settler = Settler(barriers)
    hearings: list[Hearing] = []
    known: dict[str, CaseOutcome] = {}
    data_hash, bars = "", 0
    with telling(session.bars or 1, f"bars of {folder.resolve().name}") as shown:
        for found in events:
            record = found.event
            if not isinstance(record, CycleRecord):
                continue
            data_hash, bars = record.data_hash, record.bar
            known.update((outcome.decision_id, outcome) for outcome in settler.pass_slice(record.tape))
            for hearing in record.hearings:
                settler.add(hearing.case)
                hearings.append(hearing)
            shown.advance()
    heard = tuple(HearingOutcome(hearing, known.get(hearing.case.decision_id)) for hearing in hearings)
    return HearingRun(folder.resolve().name, session, data_hash, barriers, heard, bars)


def _same(one: HearingRun, other: HearingRun) -> bool:
    return one.data_hash == other.data_hash and one.session.settings == other.session.settings
