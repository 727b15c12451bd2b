"""Finished runs as trials: each hearing of a journal, with what happened afterwards on its own tape.

It reads verified journals and nothing else. A run counts once: the same one given twice would count its cases twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.court.hearing import Hearing
from agents.memory.outcomes import HORIZON_BARS, Barriers, CaseOutcome, Settler
from agents.records.reading import open_run
from agents.records.record import CycleRecord, Session
from config.errors import UsageFault


@dataclass(frozen=True, slots=True)
class Trial:
    """A hearing and its outcome; None where the tape ended before it was known."""

    hearing: Hearing
    outcome: CaseOutcome | None


@dataclass(frozen=True, slots=True)
class Trials:
    """All hearings of one run in their order. `data_hash` names the bars that were seen, `barriers` how they ended."""

    run: str
    session: Session
    data_hash: str
    barriers: Barriers
    trials: tuple[Trial, ...]

    @property
    def settled(self) -> tuple[tuple[Hearing, CaseOutcome], ...]:
        """Those whose outcome is known."""
        return tuple((trial.hearing, trial.outcome) for trial in self.trials if trial.outcome is not None)


def read_runs(folders: Sequence[str], key: bytes, horizon_bars: int = HORIZON_BARS) -> tuple[Trials, ...]:
    """The trials of several runs. Raises UsageFault for a run given twice, JournalFault for one not to be believed."""
    found: list[Trials] = []
    for folder in folders:
        read = read_trials(Path(folder), key, horizon_bars)
        twin = next((other for other in found if _same(other, read)), None)
        if twin is not None:
            raise UsageFault(
                f"{folder} holds the same hearings as {twin.run}, which was given before: they would count twice. "
                "Nothing was computed. Give each run once."
            )
        found.append(read)
    return tuple(found)


def read_trials(folder: Path, key: bytes, horizon_bars: int = HORIZON_BARS) -> Trials:
    """The trials of one run, in one pass. Raises JournalFault as `open_run` does, UsageFault for a horizon below 1."""
    if horizon_bars < 1:
        raise UsageFault(f"The horizon must be at least one bar, not {horizon_bars}. Nothing was computed.")
    session, _, events = open_run(folder, key)
    barriers = Barriers.of(session, horizon_bars)
    settler = Settler(barriers)
    hearings: list[Hearing] = []
    known: dict[str, CaseOutcome] = {}
    data_hash = ""
    for found in events:
        record = found.event
        if not isinstance(record, CycleRecord):
            continue
        data_hash = record.data_hash
        known.update((outcome.decision_id, outcome) for outcome in settler.pass_slice(record.tape))
        for hearing in record.hearings:
            settler.add(hearing.case)
            hearings.append(hearing)
    trials = tuple(Trial(hearing, known.get(hearing.case.decision_id)) for hearing in hearings)
    return Trials(folder.resolve().name, session, data_hash, barriers, trials)


def _same(one: Trials, other: Trials) -> bool:
    return one.data_hash == other.data_hash and one.session.settings == other.session.settings
