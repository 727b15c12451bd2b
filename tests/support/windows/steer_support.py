"""A session that can be steered in a test: its folder, its window, and what it hears and journals."""

import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from kept_journals import JOURNALS
from run_support import events

from agents.approval.petition import Petition
from agents.records.record import SessionEnd
from agents.records.steered import SteerDone, Steered
from config.frozen import Journaled
from execution.kill_switch.latch import LatchFolder
from execution.steering.mailbox import Mailbox
from ops.live.following.window import Window

SYMBOL = "BTC/USDT"


class Steerable:
    """A kept run as if it were still running: its journal has no end, and it takes words out of its mailbox when told to."""

    def __init__(self, place: Path, kept: str = "rules-0.7.0") -> None:
        self.folder = place / "run"
        self.folder.mkdir()
        shutil.copy(JOURNALS / kept / "journal.db", self.folder)
        self.window = Window(self.folder.name)
        self._number = 0
        for found in events(self.folder):
            if not isinstance(found.event, SessionEnd):
                self.tell(found.event)
        self.window.caught_up()
        self.mailbox = Mailbox(self.folder)

    def tell(self, event: Journaled) -> None:
        """The session journals an event."""
        self._number += 1
        self.window.take(event, self._number)

    def end(self) -> None:
        """The session ends."""
        end = next(found.event for found in events(self.folder) if isinstance(found.event, SessionEnd))
        self.tell(end)

    def hear(
        self, at: datetime, outcome: Literal["done", "refused", "failed"] = "done", told: str = "It is so."
    ) -> str:
        """The session takes the next word, and journals it and its result. Returns the verb."""
        word = self.mailbox.take(lambda text: None)
        assert word is not None
        self.mailbox.heard(word.word_id)
        self.tell(Steered(at_utc=at, word=word))
        self.tell(SteerDone(at_utc=at, word_id=word.word_id, verb=word.verb.value, outcome=outcome, told=told))
        return word.verb.value

    @property
    def words(self) -> int:
        """How many words wait."""
        return len(list(self.mailbox.path.glob("*.json")))


def petition(
    notional: str = "612.5", reason: str = "analyst: up", decision_id: str = "20240301T1200-BTCUSDT"
) -> Petition:
    """A position that waits for a yes."""
    return Petition(
        decision_id=decision_id,
        symbol=SYMBOL,
        as_of_utc=datetime.fromisoformat("2024-03-01T12:00:00+00:00"),
        notional=Decimal(notional),
        stop_fraction=0.02,
        reasons=(reason,),
    )


def is_halted(state: Path) -> bool:
    """Whether a latch for all sessions is down in a state folder."""
    return LatchFolder(state).read("all") is not None
