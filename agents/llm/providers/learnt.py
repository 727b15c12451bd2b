"""What was learnt of a server: the parameters that it refuses by name, and the room that its model needs to think.

It is learnt once, told to the user, and kept in a file of this user's state folder, so that it is never sent again and never paid
for again. `tribunal models --forget` drops it, for a server that has learnt something since. An entry belongs to a model at an
address, not to its name in a profile. A damaged file counts as nothing learnt, with a warning: it only costs the requests anew.
"""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from config.files import write_whole
from config.frozen import Frozen
from config.sections.minds import MindsSettings

LEARNT_FILE = "servers.json"
_LOG = logging.getLogger(__name__)


class Lesson(Frozen):
    """What is known of one model at one address: each refused parameter with the server's words, and its room [tokens]."""

    refused: dict[str, str] = Field(default_factory=dict)
    max_tokens: int | None = None


_LESSONS = TypeAdapter(dict[str, Lesson])
_NOTHING = Lesson()


class Learnt:
    """The lessons of this user. Without a file they last as long as this object."""

    def __init__(self, path: Path | None = None, places: Mapping[str, str] | None = None) -> None:
        """`places` names the model and the address of each provider; without it the name of a provider stands for both."""
        self._path = path
        self._places = places or {}
        self._lessons = _read(path)

    def of(self, provider: str) -> Lesson:
        """What is known of a provider."""
        return self._lessons.get(self._place(provider), _NOTHING)

    def refuse(self, provider: str, parameter: str, said: str) -> None:
        """Learn that a server refuses a parameter, in its own words, and tell the user."""
        known = self.of(provider)
        if parameter in known.refused:
            return
        self._put(provider, known.model_copy(update={"refused": {**known.refused, parameter: said}}))
        _LOG.warning(
            "%s refuses %s (%s). It is not sent again; `tribunal models --forget %s` forgets this.",
            provider, parameter, said, provider,
        )  # fmt: skip

    def widen(self, provider: str, max_tokens: int) -> None:
        """Learn the room in which a model has answered that was cut off before, and tell the user."""
        known = self.of(provider)
        if max_tokens <= (known.max_tokens or 0):
            return
        self._put(provider, known.model_copy(update={"max_tokens": max_tokens}))
        _LOG.warning(
            "%s thinks longer than its limit allows: from now on its answers may have %s tokens. Put it into the profile: "
            "minds.providers.%s.max_output_tokens: %s.",
            provider, f"{max_tokens:,}", provider, max_tokens,
        )  # fmt: skip

    def forget(self, providers: Collection[str]) -> tuple[str, ...]:
        """Drop the lessons of these providers; returns those of which something was known."""
        known = tuple(name for name in providers if self.of(name) != _NOTHING)
        for name in known:
            self._lessons.pop(self._place(name), None)
        if known:
            self._write()
        return known

    def _place(self, provider: str) -> str:
        return self._places.get(provider, provider)

    def _put(self, provider: str, lesson: Lesson) -> None:
        """Keep a lesson beside those that other processes have learnt meanwhile."""
        self._lessons = {**self._lessons, **_read(self._path), self._place(provider): lesson}
        self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path, _LESSONS.dump_json(self._lessons, indent=1), private=True)
        except OSError as fault:
            _LOG.warning(
                "What was learnt of a model server could not be saved (%s); the next run learns it again.", fault
            )


def places(minds: MindsSettings) -> dict[str, str]:
    """What a lesson belongs to, by the name of the provider: a model at an address."""
    return {
        name: f"{one.kind}: {one.model} at {one.address or one.path or 'its own address'}"
        for name, one in minds.providers.items()
    }


def _read(path: Path | None) -> dict[str, Lesson]:
    if path is None:
        return {}
    try:
        return _LESSONS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError):
        _LOG.warning("What was learnt of model servers (%s) is damaged and was ignored; it is learnt again.", path.name)
        return {}
