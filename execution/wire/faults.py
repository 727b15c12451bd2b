"""Faults by plan: a scenario says which request or event meets which fault, by count or by chance, and a seed makes it repeat.

A fault has one of two moments: before the exchange has done what was asked, or after. What was done before the answer was lost
is done: that is the point of most of them. A scenario that names an unknown fault, endpoint or field is refused with the nearest
name.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import yaml
from pydantic import Field, ValidationError

from config.errors import UsageFault
from config.frozen import Frozen
from config.seeds import generator


class Kind(StrEnum):
    """What goes wrong."""

    LOST_REPLY = "lost_reply"
    RESET = "reset"
    HANG = "hang"
    HANG_DONE = "hang_done"
    CUT = "cut"
    HTML = "html"
    EMPTY = "empty"
    NOTHING = "nothing"
    UNKNOWN_STATE = "unknown_state"
    STATUS = "status"
    TOO_MANY = "too_many"
    BANNED = "banned"
    CLOCK = "clock"
    LATE = "late"
    TWICE = "twice"
    PARTIAL = "partial"
    STALE = "stale"
    MAINTENANCE = "maintenance"
    ANSWER = "answer"
    LOSE = "lose"
    DUPLICATE = "duplicate"
    SWAP = "swap"
    DROP = "drop"
    SILENCE = "silence"


class Meaning(NamedTuple):
    """`done`: whether the exchange has done what was asked, unless the rule says otherwise; None for what is no request."""

    done: bool | None
    what: str


MEANINGS: Mapping[Kind, Meaning] = {
    Kind.LOST_REPLY: Meaning(True, "done, and the connection is reset before the answer"),
    Kind.RESET: Meaning(False, "the connection is reset, and nothing is done"),
    Kind.HANG: Meaning(False, "nothing is done, and no answer comes"),
    Kind.HANG_DONE: Meaning(True, "done, and no answer comes"),
    Kind.CUT: Meaning(True, "done, and the answer breaks off in its middle"),
    Kind.HTML: Meaning(True, "done, and the answer is a page with status 200"),
    Kind.EMPTY: Meaning(True, "done, and the answer is empty with status 200"),
    Kind.NOTHING: Meaning(True, "done, and the answer is {} with status 200"),
    Kind.UNKNOWN_STATE: Meaning(True, "done, and the answer is 503 with -1007: status unknown"),
    Kind.STATUS: Meaning(False, "the answer is `status` (500, 502, 504 ...) without JSON"),
    Kind.TOO_MANY: Meaning(False, "429 with -1003; `seconds` is told as Retry-After"),
    Kind.BANNED: Meaning(False, "418 with -1003, and for `seconds` every request is answered so"),
    Kind.CLOCK: Meaning(False, "the server's clock goes wrong by `seconds` from here on (0 mends it): -1021"),
    Kind.LATE: Meaning(True, "the request arrives `seconds` later, even if the client has given up"),
    Kind.TWICE: Meaning(True, "the request arrives twice"),
    Kind.PARTIAL: Meaning(True, "the book offers only `share` of the order"),
    Kind.STALE: Meaning(False, "the answer that this question had the last time"),
    Kind.MAINTENANCE: Meaning(False, "for `seconds` every request is answered with 503 and a page"),
    Kind.ANSWER: Meaning(False, "the answer is `body` with `status`"),
    Kind.LOSE: Meaning(None, "the message is never told"),
    Kind.DUPLICATE: Meaning(None, "the message is told twice"),
    Kind.SWAP: Meaning(None, "the message is told after the next one"),
    Kind.DROP: Meaning(None, "the connection is closed, and the message is lost"),
    Kind.SILENCE: Meaning(
        None, "for `seconds` all connections stay open and tell nothing; what happens meanwhile is lost"
    ),
}
EVENTS = frozenset(kind for kind, meaning in MEANINGS.items() if meaning.done is None)
"""Kinds that happen to messages of the user stream (`at: event`) and of the market streams (`at: stream`)."""
EVERYWHERE, EVENT, STREAM = "*", "event", "stream"


class Rule(Frozen):
    """One line of a scenario: at which endpoint, when, and what. `nth` counts the requests to `at` from 1."""

    at: str
    kind: Kind
    nth: tuple[Annotated[int, Field(ge=1)], ...] = ()
    chance: Annotated[float, Field(ge=0, le=1)] = 0.0
    seconds: Annotated[float, Field(ge=-3600, le=3600)] = 1.0
    share: Annotated[float, Field(ge=0, le=1)] = 0.5
    status: Annotated[int, Field(ge=100, le=599)] = 500
    done: bool | None = None
    body: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the exchange does what was asked, with this fault."""
        own = MEANINGS[self.kind].done
        return bool(own) if self.done is None else self.done


class Scenario(Frozen):
    """The faults of a server, and the seed of their chances. The first rule that applies to a request is the one that happens."""

    seed: Annotated[int, Field(ge=0)] = 0
    faults: tuple[Rule, ...] = ()


class Faults:
    """Draws the fault of each request and each event, if there is one."""

    def __init__(self, scenario: Scenario) -> None:
        self._rules = scenario.faults
        self._draws: Sequence[np.random.Generator] = [
            generator(scenario.seed, "faults", str(number), rule.at) for number, rule in enumerate(self._rules)
        ]
        self._seen = [0] * len(self._rules)
        self.happened: dict[str, int] = {}
        """How often each kind has happened."""

    @property
    def may_be_stale(self) -> bool:
        """Whether an answer may be given a second time."""
        return any(rule.kind is Kind.STALE for rule in self._rules)

    def next(self, at: str) -> Rule | None:
        """The fault of the next request to this endpoint. Every rule for it counts and draws, whichever applies."""
        found = None
        for number, rule in enumerate(self._rules):
            if rule.at != at and (rule.at != EVERYWHERE or at in (EVENT, STREAM)):
                continue
            self._seen[number] += 1
            drawn = bool(rule.chance) and self._draws[number].random() < rule.chance
            if found is None and (drawn or self._seen[number] in rule.nth):
                found = rule
        if found is not None:
            self.happened[found.kind.value] = self.happened.get(found.kind.value, 0) + 1
        return found


def read_scenario(path: Path, endpoints: Sequence[str]) -> Scenario:
    """The scenario of a file. Raises UsageFault."""
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as fault:
        raise UsageFault(f"The scenario {path} cannot be read ({_short(fault)}). Nothing was started.") from None
    return scenario_of(tree, str(path), endpoints)


def scenario_of(tree: Any, name: str, endpoints: Sequence[str]) -> Scenario:
    """The scenario of a tree of values; `name` is what an error calls it. Raises UsageFault."""
    try:
        scenario = Scenario.model_validate(tree if tree is not None else {}, strict=False)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageFault(
            f"The scenario {name} is wrong at {place}: {first['msg'].lower()}{_near(first)}. Nothing was started."
        ) from None
    for number, rule in enumerate(scenario.faults):
        known = (*endpoints, EVERYWHERE, EVENT, STREAM)
        if rule.at not in known:
            near = get_close_matches(rule.at, known, n=1)
            raise UsageFault(
                f"The scenario {name} names no endpoint of the simulator at faults.{number}: {rule.at!r}. Nothing was started; "
                + (f"did you mean {near[0]}?" if near else f"they are {', '.join(known)}.")
            )
        if (rule.kind in EVENTS) != (rule.at in (EVENT, STREAM)):
            raise UsageFault(
                f"The scenario {name} has {rule.kind.value} at {rule.at!r} (faults.{number}), which cannot happen there. "
                f"Nothing was started; at `event` and `stream` there are {', '.join(sorted(EVENTS))}, and at requests all others."
            )
    return scenario


def _near(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        near = get_close_matches(str(error["loc"][-1]), [*Rule.model_fields, *Scenario.model_fields], n=1)
        return f" (did you mean {near[0]}?)" if near else ""
    if error["loc"][-1:] == ("kind",):
        near = get_close_matches(str(error["input"]), [kind.value for kind in Kind], n=1)
        return f" (did you mean {near[0]}?)" if near else ""
    return ""


def _short(fault: BaseException) -> str:
    said = fault.strerror if isinstance(fault, OSError) and fault.strerror else " ".join(str(fault).split())[:160]
    return said or type(fault).__name__
