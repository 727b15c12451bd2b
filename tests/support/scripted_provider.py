"""Models with scripted replies, in an event loop whose time jumps when all tasks wait."""

import asyncio
import json
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from agents.llm.asking import Unacceptable
from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Request, Role, Stop, Usage
from agents.llm.budget.budgets import Spending
from agents.llm.budget.provider_breakers import Breakers
from agents.llm.manager import Manager
from agents.llm.recordings.cache import Cache
from agents.llm.recordings.cassette import Cassette
from agents.llm.strict_json import parse_strict
from config.clock import Clock
from config.sections.minds import MindsSettings

START = datetime(2024, 5, 1, 12, tzinfo=UTC)
USAGE = Usage(input_tokens=400, output_tokens=100)
GOOD = Completion(text='{"scale": 50}', stop=Stop.END, usage=USAGE)
T = TypeVar("T")


@dataclass(frozen=True)
class After:
    """A reply that comes after a number of seconds."""

    seconds: float
    then: "Step"


Step = Completion | ProviderFault | Exception | After


@dataclass
class ScriptedProvider:
    """Gives its replies one after another, and repeats the last one. Keeps the requests and their times."""

    name: str
    steps: list[Step] = field(default_factory=lambda: [GOOD])
    model: str = "scripted"
    asked: list[Request] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    closed: bool = False

    async def complete(self, request: Request, timeout_s: float) -> Completion:
        step = self.steps[min(len(self.asked), len(self.steps) - 1)]
        self.asked.append(request)
        self.times.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            while isinstance(step, After):
                await asyncio.sleep(step.seconds)
                step = step.then
        finally:
            self.at_once -= 1
        if isinstance(step, Exception):
            raise step
        return step

    async def close(self) -> None:
        self.closed = True


HANG = After(1e6, GOOD)


def fault(outcome: AttemptOutcome, retry_after_s: float | None = None) -> ProviderFault:
    return ProviderFault(outcome, f"scripted {outcome}", retry_after_s)


def reply(text: str, stop: Stop = Stop.END, usage: Usage | None = USAGE) -> Completion:
    return Completion(text=text, stop=stop, usage=usage)


def accept_scale(text: str) -> int:
    """Return the smallest opinion: a scale of 0, 50 or 100."""
    scale = parse_strict(text).get("scale")
    if scale not in (0, 50, 100):
        raise Unacceptable(AttemptOutcome.INVALID, f"scale is {scale!r}; it must be 0, 50 or 100")
    return int(scale)


def request(user: str = "the case", role: Role = "analyst", system: str = "You judge.") -> Request:
    return Request(
        role=role,
        prompt_version="v1",
        system=system,
        user=user,
        schema_name="scale",
        json_schema=json.dumps({"type": "object"}),
        max_tokens=200,
    )


def minds(names: tuple[str, ...] = ("first", "second"), **changes: Any) -> MindsSettings:
    """Return settings with one priced compatible model for each name, and the changes of a test."""
    settings: dict[str, Any] = {
        "providers": {
            name: {
                "kind": "compatible",
                "model": "scripted",
                "base_url": "http://127.0.0.1:1/v1",
                "worst_input_usd": "1",
                "worst_output_usd": "10",
            }
            for name in names
        },
        "chain": names,
        "outage": "abstain",
        "blind": False,
        "case": "brief",
        "fast_path_conviction": 1.0,
        "max_output_tokens": 200,
        "requests_a_provider": 2,
        "breaker_failures": 3,
        "breaker_open_s": 60,
        "transcripts": "live",
        "cache_ttl_s": 3600,
        "budget": {"decision_usd": "1", "day_usd": "10", "month_usd": "100", "warn_at": 0.8},
        "deadlines": {"call_s": 20, "role_s": 30, "decision_s": 75},
    }
    for name in names:
        settings["providers"][name].update(changes.pop(name, {}))
    return MindsSettings.model_validate(settings | changes)


class MovedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def pass_s(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class LoopClock:
    """A clock that follows the time of the event loop."""

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())


def manager(
    folder: Path,
    settings: MindsSettings,
    *providers: ScriptedProvider,
    cassette: Cassette | None = None,
    clock: Clock | None = None,
) -> Manager:
    """Return a manager with real budgets, breakers and cache in `folder`."""
    clock = clock or MovedClock()
    return Manager(
        settings,
        {provider.name: provider for provider in providers},
        spending=Spending(folder / "spending.db", settings.budget, START),
        breakers=Breakers(folder / "breakers.json", settings.breaker_failures, settings.breaker_open_s, clock),
        cache=Cache(folder / "answers", settings.cache_ttl_s, clock),
        cassette=cassette,
        clock=clock,
    )


class _Jump(selectors.SelectSelector):
    """A selector that does not wait: it advances the time instead."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.passed_s += max(0.0, timeout or 0.0)
        return super().select(0)


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.passed_s


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in jumping time: an hour of waiting takes no time, and the order of steps is always the same."""
    with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
        return runner.run(work)


def now_s() -> float:
    """The time of the running loop [s]."""
    return asyncio.get_running_loop().time()
