"""Who of the models can sit, told before the first decision; and in one line at the end, if none of them has spoken.

What is told at the start comes from one cheap question to each model (`agents.llm.preflight`), what is told at the end from the
voices in the journal. Nothing here decides anything, but for `--require-models`, which ends a session in which no model sits.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TextIO

from agents.llm.preflight import Seat
from agents.records.record import CycleRecord
from agents.shadow.seat import read_seat
from config.errors import UsageFault
from config.frozen import Journaled
from config.settings import Settings
from ops.story.models import NOT_MODELS
from ops.tables.grid import open_console
from ops.tables.model_tables import seats_table

_INSTEAD = {
    "rules": "the rules mind speaks in their place",
    "abstain": "nobody speaks in their place, so every case is rejected",
}


class SeatsTeller:
    """A listener that counts who speaks. `stderr` is told; with `quiet` only of what is not as the user wanted it."""

    def __init__(self, settings: Settings, stderr: TextIO, *, required: bool, quiet: bool) -> None:
        """`required`: a session in which no model sits is ended before it begins."""
        self._settings = settings
        self._stderr = stderr
        self._required = required
        self._quiet = quiet
        self._spoken: Counter[str] = Counter()
        self._why = ""

    def at_start(self, seats: tuple[Seat, ...]) -> None:
        """Tell who can sit. Raises UsageFault where none can and a model is required."""
        if not self._quiet:
            open_console(self._stderr).print(seats_table(seats))
        lines = seat_lines(seats)
        nobody = no_model_sits(seats)
        if nobody and self._required:
            raise UsageFault(
                f"No model can sit, and --require-models wants one; nothing was started. {' '.join(lines)} "
                "`tribunal models --check` asks them again."
            )
        for line in lines if self._quiet or nobody else ():
            self._stderr.write(f"{line}\n")
        if nobody:
            some = any(seat.state == "silent" for seat in seats)
            now = "No model answers now, and until one does" if some else "No model sits:"
            self._stderr.write(f"{now} {_INSTEAD[self._settings.minds.outage]}.\n")

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Count the voices of a bar."""
        if not isinstance(event, CycleRecord):
            return
        for voice in (voice for hearing in (*event.hearings, *event.reviews) for voice in hearing.voices):
            self._spoken[voice.speaker] += 1
            self._why = voice.why or self._why

    def at_end(self) -> None:
        """Tell in one line that no model has spoken, if cases were heard and none has."""
        heard = self._spoken.total()
        if not heard or any(speaker not in NOT_MODELS for speaker in self._spoken):
            return
        rules, nobody = (self._spoken[name] for name in NOT_MODELS)
        who = f"the rules mind sat ({rules:,} words)" if rules else "nobody spoke"
        also = f", and {nobody:,} times nobody spoke" if rules and nobody else ""
        self._stderr.write(f"No model has spoken: {who}{also}, because {self._why}.\n")


def shadow_told(settings: Settings, stderr: TextIO, *, quiet: bool) -> Callable[[tuple[Seat, ...]], None]:
    """Tells who can sit in the shadow court of these settings."""

    def tell(seats: tuple[Seat, ...]) -> None:
        seat = read_seat(settings)
        if seat is not None:
            if not quiet or no_model_sits(seats):
                stderr.write(f"The shadow court {seat.name}, of which nothing follows:\n")
            SeatsTeller(seat.within(settings), stderr, required=False, quiet=quiet).at_start(seats)

    return tell


def no_model_sits(seats: Sequence[Seat]) -> bool:
    """Whether models were asked for and none of them sits."""
    return not any(seat.state == "sits" for seat in seats)


def seat_lines(seats: Sequence[Seat]) -> list[str]:
    """One line for each model that does not sit, or is silent now."""
    told = {"barred": "does not sit", "silent": "is silent"}
    return [f"{seat.provider} {told[seat.state]}: {seat.why}." for seat in seats if seat.state in told]
