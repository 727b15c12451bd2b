"""One channel: a thread that sends alerts to one destination, the gravest first, and again where that fails.

What waits is bounded: where there is no more room, the least grave and oldest alert is left out, and it is told how many were.
The same alert about the same thing is sent once in a while; what comes too fast is put together into one message. A destination
that fails is told on stderr once, and once when it works again. Nothing waits for a channel but the last seconds of a session.
"""

from collections import Counter, deque
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic
from typing import Any, NamedTuple

from agents.outages.alert import Severity
from ops.live.woken.notice import GRAVITY, Notice, notice
from ops.live.woken.routes import Route

ROOM = 200
"""Alerts that may wait."""
SAME_S = 600.0
"""How long the same alert about the same thing is not told again [s]."""
MOST_A_MINUTE: dict[Severity, int] = {"info": 6, "warning": 12, "critical": 30}
"""Messages of a severity in a minute; those beyond are put together."""
TRIES: dict[Severity, int] = {"info": 3, "warning": 6, "critical": 40}
_ALONE = frozenset({"session_ended", "session_failed", "alerts_lost"})
"""Never put together with others."""
_DEADLINE_S = 15.0
_GIVE_UP_S = 600.0
_PAUSE_S, _LONGEST_S = 1.0, 30.0
_MINUTE_S = 60.0


class Pace(NamedTuple):
    """How long is waited [s]: between two tries at first and at most, for one answer before the destination is called down, and
    before a try is given up. A service may ask for a pause inside a try: a second one beside it would arrive twice."""

    pause_s: float = _PAUSE_S
    longest_s: float = _LONGEST_S
    deadline_s: float = _DEADLINE_S
    give_up_s: float = _GIVE_UP_S


class Sent(NamedTuple):
    """An alert that has arrived, and how long after it was handed over [s]."""

    notice: Notice
    after_s: float


class _Waiting(NamedTuple):
    notice: Notice
    since: float
    tries: int = 0
    is_together: bool = False


class Channel:
    """The thread of one route. `run`: name of the run, in each message; `tell` takes words for stderr."""

    def __init__(self, route: Route, run: str, tell: Callable[[str], None], pace: Pace = Pace()) -> None:  # noqa: B008
        self._route, self._run, self._tell, self._pace = route, run, tell, pace
        self._waiting: list[_Waiting] = []
        self._changed = Condition()
        self._told: dict[tuple[str, str, bool, str], float] = {}
        self._sent: dict[Severity, deque[float]] = {severity: deque() for severity in MOST_A_MINUTE}
        self._gathered: Counter[str] = Counter()
        self._gathered_grade: Severity = "info"
        self._is_over = self._is_down = False
        self._lost = self._flying = 0
        self.arrived: deque[Sent] = deque(maxlen=ROOM)
        """The last alerts that the destination took."""
        self._thread = Thread(target=self._work, name="alerts", daemon=True)

    @property
    def name(self) -> str:
        """What the channel is called, without a secret."""
        return self._route.name

    @property
    def is_down(self) -> bool:
        """Whether the last try failed."""
        return self._is_down

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(self, told: Notice) -> None:
        """Hand an alert over, if it goes this way and was not told just now. Never waits for the destination."""
        if not self._route.takes(told):
            return
        with self._changed:
            now = monotonic()
            if self._is_repeated(told, now):
                return
            self._waiting.append(_Waiting(told, now))
            if len(self._waiting) > ROOM:
                self._waiting.remove(min(self._waiting, key=lambda each: (GRAVITY[each.notice.severity], each.since)))
                self._lost += 1
            self._changed.notify()

    def finish(self, within_s: float) -> int:
        """Send what waits, for at most this long [s]. Returns how many alerts were not sent."""
        with self._changed:
            self._is_over = True
            self._changed.notify()
        self._thread.join(within_s)
        with self._changed:
            return len(self._waiting) + self._lost + self._gathered.total() + self._flying

    def _is_repeated(self, told: Notice, now: float) -> bool:
        place = (told.code, told.key, told.is_over, told.text)
        for old in [each for each, at in self._told.items() if now - at >= SAME_S]:
            del self._told[old]
        if place in self._told:
            return True
        self._told[place] = now
        return False

    def _work(self) -> None:
        while (each := self._next()) is not None:
            if not each.is_together and each.notice.code not in _ALONE and self._is_too_fast(each.notice.severity):
                self._gather(each.notice)
                continue
            self._deliver(each)

    def _next(self) -> _Waiting | None:
        """The gravest alert that waits, or those that were put together; None at the end."""
        with self._changed:
            while True:
                if self._waiting:
                    best = max(self._waiting, key=lambda each: (GRAVITY[each.notice.severity], -each.since))
                    self._waiting.remove(best)
                    return best
                if self._gathered and (self._is_over or not self._is_too_fast(self._gathered_grade)):
                    return _Waiting(self._together(), monotonic(), is_together=True)
                if self._is_over:
                    return None
                self._changed.wait(1.0 if self._gathered else None)

    def _is_too_fast(self, severity: Severity) -> bool:
        sent, now = self._sent[severity], monotonic()
        while sent and now - sent[0] > _MINUTE_S:
            sent.popleft()
        return len(sent) >= MOST_A_MINUTE[severity]

    def _gather(self, told: Notice) -> None:
        with self._changed:
            self._gathered[told.code] += 1
            self._gathered_grade = max(self._gathered_grade, told.severity, key=GRAVITY.__getitem__)
            self._last = told

    def _together(self) -> Notice:
        text = ", ".join(f"{code} {count}" for code, count in self._gathered.most_common())
        last = self._last
        told = notice(
            last.code, last.at_utc, f"{self._gathered.total()} more alerts in the last minute: {text}. The last: {last.text}",
            severity=self._gathered_grade, amounts=last.amounts,
        )  # fmt: skip
        self._gathered.clear()
        self._gathered_grade = "info"
        return told

    def _deliver(self, each: _Waiting) -> None:
        severity = each.notice.severity
        self._flying = 1
        took = self._send(each.notice)
        self._flying = 0
        if took:
            self._sent[severity].append(monotonic())
            self.arrived.append(Sent(each.notice, monotonic() - each.since))
            if self._is_down:
                self._is_down = False
                self._tell(f"Alerts reach {self.name} again.")
            self._tell_lost(each.notice)
            return
        self._tell_down()
        tried = each._replace(tries=each.tries + 1)
        with self._changed:
            if tried.tries >= TRIES[severity]:
                self._lost += 1
            else:
                self._waiting.append(tried)
            if not self._is_over:
                pause = min(self._pace.pause_s * 2.0 ** min(each.tries, 10), self._pace.longest_s)
                self._changed.wait_for(lambda: self._is_over, pause)
            elif tried in self._waiting and tried.tries > 1:
                self._waiting.clear()  # the end does not wait for a destination that fails
                self._lost += 1

    def _tell_lost(self, last: Notice) -> None:
        with self._changed:
            lost, self._lost = self._lost, 0
        if lost:
            text = f"{lost} alerts could not be kept or sent while this channel failed or was full."
            self.put(notice("alerts_lost", last.at_utc, text, key=str(monotonic())))

    def _tell_down(self) -> None:
        if not self._is_down:
            self._is_down = True
            self._tell(f"Alerts do not reach {self.name}. It is tried again; the session goes on.")

    def _send(self, told: Notice) -> bool:
        """Try once, in a thread that nothing waits for at the end: the library may sleep for as long as a service asks for."""
        took: list[bool] = []
        trying = Thread(target=self._try, args=(told, took), name="alert", daemon=True)
        trying.start()
        trying.join(self._pace.deadline_s)
        if trying.is_alive():
            self._tell_down()
            trying.join(self._pace.give_up_s)
        return took == [True]

    def _try(self, told: Notice, took: list[bool]) -> None:
        import apprise

        kind = {"info": "info", "warning": "warning", "critical": "failure"}[told.severity]
        sender: Any = apprise.Apprise()
        sender.add(self._route.destination)
        try:
            took.append(
                bool(
                    sender.notify(
                        body=told.body(shows_amounts=self._route.shows_amounts),
                        title=f"{told.title} · {self._run}",
                        notify_type=apprise.NotifyType("success" if told.is_over else kind),
                        body_format=apprise.NotifyFormat.TEXT,  # what models said must not become markup
                    )
                )
            )
        except Exception:  # noqa: BLE001  the boundary of a library: whatever it raises, the alert was not sent
            took.append(False)
