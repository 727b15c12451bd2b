"""Who looks on at a session, and waits for nothing to be said to him: the debate on the terminal, the window in a browser."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import sleep

from agents.court.case import Case
from agents.court.mind import Overheard
from agents.court.opinion import Evidence
from agents.desk.request import RunRequest
from agents.recorded.resumed import ResumingSink
from agents.records.folder import journal_of
from agents.records.record import CycleRecord, Session
from config.errors import UsageFault
from config.frozen import Frozen
from config.silence import Abstained
from execution.journal.chain import Journal
from ops.terminal.watching import Above, Watching, watched

_NAP_S = 0.1


@contextmanager
def looked_on(
    request: RunRequest, session: Session, journal: Journal | ResumingSink, folder: Path, key: bytes, above: Above
) -> Iterator[Watching]:
    """Everybody who looks on, as the request says. A window that cannot be opened is told, and the session goes on."""
    with ExitStack() as held:
        watch = held.enter_context(watched(request, session, journal, above))
        shown = None if request.serve is None else _served(held, request.serve, journal, folder, key)
        yield watch if shown is None else _both(watch, shown)


def paced(seconds: float | None, stop: Callable[[], bool]) -> Callable[[CycleRecord], None]:
    """What waits after each bar [s], so that a session can be watched; nothing for None. A wish to stop ends the wait."""

    def wait(record: CycleRecord) -> None:
        left = seconds or 0.0
        while left > 0 and not stop():
            sleep(min(left, _NAP_S))
            left -= _NAP_S

    return wait


def _served(
    held: ExitStack, port: int, journal: Journal | ResumingSink, folder: Path, key: bytes
) -> Watching | None:  # fmt: skip
    is_past = (lambda: journal.past) if isinstance(journal, ResumingSink) else lambda: False
    try:
        from ops.live.opened import inside
        from ops.live.web.server import Place

        serving, handover = held.enter_context(inside(folder, journal_of(folder), key, Place(port=port), is_past))
    except ModuleNotFoundError:
        from ops.live.needed import INSTALL

        _say(f"{INSTALL} The session goes on.")
        return None
    except UsageFault as fault:
        _say(f"{fault} The session goes on.")
        return None
    _say(f"The session is shown at {serving.address}")
    journal.committed = handover.process.committed
    return Watching((handover,), handover.overheard, handover.process.connected)


def _both(watch: Watching, shown: Watching) -> Watching:
    told = [each for each in (watch.overheard, shown.overheard) if each is not None]

    def overheard(case: Case, role: str, word: Abstained | Frozen, struck: tuple[Evidence, ...]) -> None:
        for each in told:
            each(case, role, word, struck)

    both: Overheard = overheard
    return Watching((*watch.listeners, *shown.listeners), both, shown.connected)


def _say(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
