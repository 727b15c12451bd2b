"""A breaker for each provider: after some failures in a row it is left alone, and then tried with one call at a time.

    closed ──failures in a row──► open ──rest──► half-open ──the probe answers──► closed
                                   ▲                  └──────the probe fails────► open

Only failures to answer count: a refusal or a bad answer shows that the provider works. The state lies in a JSON file, is
replaced as a whole and survives a restart; of two runs at the same time, the one that wrote last is remembered. A damaged
file counts as closed breakers, with a warning: a breaker saves time, and limits nothing that must be limited.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from agents.llm.attempt import UNUSABLE, Outcome
from config.clock import Clock
from config.files import write_whole
from config.frozen import Frozen, UtcTime

BREAKERS_FILE = "breakers.json"
FAILURES = frozenset(
    {
        Outcome.TIMEOUT,
        Outcome.OVERLOADED,
        Outcome.SERVER_ERROR,
        Outcome.CONNECTION,
        Outcome.NONSENSE,
        Outcome.AUTH,
        Outcome.QUOTA,
        Outcome.RATE_LIMITED,
    }
)
"""Outcomes that count against a provider."""
_ANSWERED = frozenset({Outcome.OK, *UNUSABLE})
_LOG = logging.getLogger(__name__)


class BreakerState(Frozen):
    """One provider's breaker. `opened_utc` None: closed. `last` names the latest failure."""

    failures: int = 0
    opened_utc: UtcTime | None = None
    last: str = ""


_STATES = TypeAdapter(dict[str, BreakerState])
_CLOSED = BreakerState()


class Admission(NamedTuple):
    """Leave for one call; its outcome must be reported. Of a probe everything depends."""

    provider: str
    probe: bool


class Breakers:
    """The breakers of all providers. The clock is the machine's: how long a provider rests is no matter of the tape."""

    def __init__(
        self, path: Path, failures: int, open_s: float, clock: Clock, identities: Mapping[str, str] | None = None
    ) -> None:
        """`identities` tell one setup of a provider from another (model, address, key): a breaker rests only the one that
        failed, and a corrected key or another model is asked at once. Without them a provider is its name."""
        self._identities = identities or {}
        self._path = path
        self._limit = failures
        self._rest = timedelta(seconds=open_s)
        self._clock = clock
        self._states = _load(path)
        self._probing: set[str] = set()

    def blocked(self, provider: str) -> str | None:
        """Why this provider may not be asked now; None when it may."""
        state = self._state(provider)
        if state.opened_utc is None:
            return None
        if self._resting(state):
            until = state.opened_utc + self._rest
            return f"its breaker is open until {until:%H:%M:%S} UTC after {state.failures} failures in a row ({state.last})"
        return "its breaker is half-open, and one probe is under way" if provider in self._probing else None

    def admit(self, provider: str) -> Admission | str:
        """Leave to ask a provider, or why not."""
        why = self.blocked(provider)
        if why is not None:
            return why
        probe = self._state(provider).opened_utc is not None
        if probe:
            self._probing.add(provider)
        return Admission(provider, probe)

    def report(self, admission: Admission, outcome: Outcome | None) -> None:
        """What became of an admitted call; None when it was not made or not finished.

        Calls that were under way when the breaker opened change nothing any more: the probe decides.
        """
        provider = admission.provider
        if admission.probe:
            self._probing.discard(provider)
        state = self._state(provider)
        if state.opened_utc is not None and not admission.probe:
            return
        if outcome in _ANSWERED and state != _CLOSED:
            self._put(provider, _CLOSED)
        elif outcome in FAILURES:
            failures = state.failures + 1
            opens = admission.probe or failures >= self._limit
            opened = self._clock.now() if opens else None
            self._put(provider, BreakerState(failures=failures, opened_utc=opened, last=str(outcome)))

    def _state(self, provider: str) -> BreakerState:
        return self._states.get(self._identities.get(provider, provider), _CLOSED)

    def _resting(self, state: BreakerState) -> bool:
        """A breaker that was opened in the future (the machine's clock was set back) does not rest."""
        assert state.opened_utc is not None
        return timedelta(0) <= self._clock.now() - state.opened_utc < self._rest

    def _put(self, provider: str, state: BreakerState) -> None:
        self._states[self._identities.get(provider, provider)] = state
        text = _STATES.dump_json(self._states, indent=1)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path, text, private=True)
        except OSError as fault:
            _LOG.warning("The breakers of the model providers could not be saved (%s); a restart forgets them.", fault)


def _load(path: Path) -> dict[str, BreakerState]:
    try:
        return _STATES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError):
        _LOG.warning("%s is damaged: the breakers of all model providers count as closed.", path.name)
        return {}
