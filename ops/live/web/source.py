"""What pages and REST answers are made of: the window, and the journal behind it. Each answer has one function here."""

from pathlib import Path

from config.sections.limits import RiskLimits
from ops.live.following.window import Window
from ops.live.state.actions import ActionNow
from ops.live.state.decisions import Decision, Page
from ops.live.state.fold import Speaking
from ops.live.state.series import Curves
from ops.live.state.values import AlertNow, Held, OrderNow, Status
from ops.live.state.worth import Beside, Group, beside_of, worth_of
from ops.live.web.trials import trial_of
from ops.story.trials.trial import Trial


class NotYet(Exception):
    """The start of the session is not known yet: there is nothing to show, and why (`Window.why_not_yet`)."""


class NotThere(Exception):
    """What was asked for is not in the index."""


class Source:
    """One session to look at. `journal`: where its events lie; `key`: of that journal."""

    def __init__(self, window: Window, journal: Path, key: bytes) -> None:
        self.window = window
        self.journal = journal
        self._key = key

    def status(self) -> Status:
        """How it stands. Raises NotYet."""
        found = self.window.status()
        if found is None:
            raise NotYet(self.window.why_not_yet)
        return found

    def positions(self) -> tuple[Held, ...]:
        """What is held. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return fold.positions

    def orders(self) -> tuple[OrderNow, ...]:
        """Orders that are not done. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return fold.orders

    def alerts(self) -> tuple[AlertNow, ...]:
        """The last alerts, the newest first. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return fold.alerts

    def curves(self, since_s: int | None = None) -> Curves:
        """The account over time, from a moment on [s since the epoch, UTC]. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return fold.curves(since_s)

    def decisions(self, words: str = "", offset: int = 0, limit: int = 50) -> Page:
        """Decisions that hold some words, the newest first. Raises NotYet, ValueError."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return fold.decisions.page(words, offset, limit)

    def decision(self, decision_id: str) -> tuple[Decision, Trial]:
        """One decision and its trial. Raises NotYet, NotThere, JournalFault."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            found = fold.decisions.one(decision_id)
        trial = trial_of(self.window, self.journal, self._key, decision_id)
        if found is None or trial is None:
            raise NotThere(decision_id)
        return found, trial

    def beside(self) -> Beside | None:
        """The court beside its shadow; None where none sat. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return beside_of(fold.decisions.all())

    def limits(self) -> RiskLimits:
        """The limits of the session, as it began. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return fold.session.settings.limits

    def actions(self) -> tuple[ActionNow, ...]:
        """What humans have done to the session, the newest first. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return fold.actions.all()

    def steered(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The markets and the strategies of the session, which verbs may be about. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return fold.session.symbols, fold.voters

    def worth(self) -> tuple[Group, ...]:
        """What the decisions were worth, by their fate. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return worth_of(fold.decisions.all())

    def speaking(self) -> tuple[Speaking, ...]:
        """The cases before the court now, with what was said so far. Raises NotYet."""
        with self.window.fold() as fold:
            if fold is None:
                raise NotYet(self.window.why_not_yet)
            return tuple(Speaking(each.case, list(each.said)) for each in fold.speaking.values())
