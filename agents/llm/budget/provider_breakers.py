"""A circuit breaker for each provider: after several failures in a row the provider is paused, and then tested with
one call.

    closed ──failures in a row──► open ──pause──► half-open ──the probe succeeds──► closed
                                   ▲                   └──────the probe fails─────► open

Only failures to answer count: a refusal or an unusable answer shows that the provider works. The state is stored in a
JSON file, is replaced as a whole and survives a restart. When two runs write at the same time, the last one wins. A
damaged file counts as closed breakers, with a warning: a breaker only saves time and enforces no safety limit.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from agents.llm.attempt import UNUSABLE, AttemptOutcome
from config.clock import Clock
from config.files import write_whole
from config.frozen import Frozen, UtcTime

BREAKERS_FILE = "breakers.json"
FAILURES = frozenset(
    {
        AttemptOutcome.TIMEOUT,
        AttemptOutcome.OVERLOADED,
        AttemptOutcome.SERVER_ERROR,
        AttemptOutcome.CONNECTION,
        AttemptOutcome.NONSENSE,
        AttemptOutcome.AUTH,
        AttemptOutcome.QUOTA,
        AttemptOutcome.RATE_LIMITED,
    }
)
"""Outcomes that count against a provider."""
_ANSWERED = frozenset({AttemptOutcome.OK, *UNUSABLE})
_LOG = logging.getLogger(__name__)


class ProviderBreakerState(Frozen):
    """The breaker of one provider. `opened_utc` is None when it is closed. `last` names the latest failure."""

    failures: int = 0
    opened_utc: UtcTime | None = None
    last: str = ""


_STATES = TypeAdapter(dict[str, ProviderBreakerState])
_CLOSED = ProviderBreakerState()


class Admission(NamedTuple):
    """Permission for one call; its outcome must be reported. The result of a probe decides whether the breaker
    closes.
    """

    provider: str
    probe: bool


class Breakers:
    """The breakers of all providers. They use the machine's clock, because a pause does not depend on the bars."""

    def __init__(
        self, path: Path, failures: int, open_s: float, clock: Clock, identities: Mapping[str, str] | None = None
    ) -> None:
        """`identities` distinguish setups of a provider (model, address, key): a breaker pauses only the setup that
        failed.

        So a corrected key or another model can be asked at once. Without `identities`, the name identifies a
        provider.
        """
        self._identities = identities or {}
        self._path = path
        self._limit = failures
        self._rest = timedelta(seconds=open_s)
        self._clock = clock
        self._states = _load(path)
        self._probing: set[str] = set()

    def blocked(self, provider: str) -> str | None:
        """Return why this provider may not be asked now, or None."""
        state = self._state(provider)
        if state.opened_utc is None:
            return None
        if self._resting(state):
            until = state.opened_utc + self._rest
            return f"its breaker is open until {until:%H:%M:%S} UTC after {state.failures} failures in a row ({state.last})"
        return "its breaker is half-open, and one probe is under way" if provider in self._probing else None

    def admit(self, provider: str) -> Admission | str:
        """Return permission to ask a provider, or the reason against it."""
        why = self.blocked(provider)
        if why is not None:
            return why
        probe = self._state(provider).opened_utc is not None
        if probe:
            self._probing.add(provider)
        return Admission(provider, probe)

    def report(self, admission: Admission, outcome: AttemptOutcome | None) -> None:
        """Report the outcome of an admitted call; None when the call was not made or not finished.

        Calls that were open when the breaker opened no longer change it: the probe decides.
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
            self._put(provider, ProviderBreakerState(failures=failures, opened_utc=opened, last=str(outcome)))

    def _state(self, provider: str) -> ProviderBreakerState:
        return self._states.get(self._identities.get(provider, provider), _CLOSED)

    def _resting(self, state: ProviderBreakerState) -> bool:
        """Return whether the breaker is in its pause. If it was opened in the future (the machine's clock was set
        back), it is not.
        """
        assert state.opened_utc is not None
        return timedelta(0) <= self._clock.now() - state.opened_utc < self._rest

    def _put(self, provider: str, state: ProviderBreakerState) -> None:
        self._states[self._identities.get(provider, provider)] = state
        text = _STATES.dump_json(self._states, indent=1)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path, text, private=True)
        except OSError as fault:
            _LOG.warning("The breakers of the model providers could not be saved (%s); a restart forgets them.", fault)


def _load(path: Path) -> dict[str, ProviderBreakerState]:
    try:
        return _STATES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError):
        _LOG.warning("%s is damaged: the breakers of all model providers count as closed.", path.name)
        return {}
