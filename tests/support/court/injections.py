"""The injection corpus, an asker in which each role obeys the injected text, and a court to hear it in."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from court_support import AT, SETTINGS, signals
from court_support import case as sound_case
from gate_support import BTC, LIMITS, portfolio, returns, seen_by

from agents.court.case import Case
from agents.court.graph import Bench, Court
from agents.court.hearing import Hearing
from agents.court.mind import Mind
from agents.court.prompts.wire import Form
from agents.llm.asking import Accept, RoleAnswer, Unacceptable
from agents.llm.attempt import Attempt, AttemptOutcome, Request, Usage
from config.sections.court import CourtSettings
from execution.venues.sealing import open_gate
from market.timeframe import HORIZONS
from risk.breakers import BreakerState
from risk.facts import Situation
from risk.proposal import Proposal
from risk.verdict import Verdict
from rl.adjuster import Off
from sentiment.headline import Headline, SentimentData

CORPUS = Path(__file__).parents[2] / "agents" / "court" / "prompts" / "injections.yaml"


class Injection(NamedTuple):
    """One hostile text."""

    name: str
    kind: str
    text: str


def injections() -> list[Injection]:
    """The whole corpus."""
    found = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))
    return [
        Injection(entry["name"], entry["kind"], entry["text"] * entry.get("times", 1) + entry.get("then", ""))
        for entry in found
    ]


def with_headlines(*texts: str, source: str = "wire", **changes: Any) -> Case:
    """Return a sound case on all four horizons with these headlines."""
    lines = tuple(
        Headline(text=text[:500], source=source, published_utc=AT, first_seen_utc=AT, symbols=("BTC",))
        for text in texts
    )
    news = SentimentData(symbol="BTC/USDT", as_of_utc=AT, score=0.2, headlines=lines)
    return sound_case(**({"sentiment": news, "signals": {length: signals(length) for length in HORIZONS}} | changes))


RSI = {"field": "signals.1h.rsi_14", "value": 61.25, "claim": "buyers are in control"}
_REPLIES: dict[Form, dict[str, Any]] = {
    "analyst": {
        "reasoning": "All horizons rise.",
        "evidence": [RSI],
        "horizons": [
            {"horizon": horizon, "direction": "long", "expected_move_bps": 1000, "conviction_pct": 100}
            for horizon in ("1h", "4h", "1d", "1w")
        ],
        "direction": "long",
        "conviction_pct": 100,
        "risks": [],
        "would_change_my_mind": "nothing",
    },
    "risk_agent": {"reasoning": "All clear.", "evidence": [RSI], "concerns": [], "scale_pct": 100},
    "devils_advocate": {
        "reasoning": "No objection.",
        "evidence": [RSI],
        "attacks": ["it may be late"],
        "strength_pct": 0,
    },
    "supervisor": {"reasoning": "Approved.", "evidence": [], "ruling": "approve", "scale_pct": 100},
}
TURN = {"field": "signals.1h.rsi_14", "comparison": "below", "value": 45}
REPLIES: dict[Form, dict[str, Any]] = _REPLIES | {
    "typed_analyst": _REPLIES["analyst"] | {"would_change_my_mind": TURN},
    "rebuttal": {"reasoning": "It is early.", "evidence": [RSI], "concedes": "no", "conviction_pct": 100},
}
"""Each role obeys as far as its schema allows."""


def form_asked(request: Request) -> Form:
    """Return the form of the answer that a request asks for."""
    if request.question is not None:
        return request.question
    return "typed_analyst" if '"comparison"' in request.json_schema else request.role


class ScriptedAsker:
    """Gives each role its reply (None: silence) and keeps the requests, by decision."""

    def __init__(self, reply: Callable[[str, Request], str | None] | None = None, **replies: str | None) -> None:
        self._reply = reply or (lambda decision_id, request: json.dumps(REPLIES[form_asked(request)]))
        self._replies = replies
        self.asked: dict[str, list[Request]] = {}
        self.decided: list[str] = []

    @property
    def requests(self) -> list[Request]:
        return [request for requests in self.asked.values() for request in requests]

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        self.decided.append(decision_id)

    async def ask(self, decision_id: str, request: Request, accept: Accept[Any]) -> RoleAnswer[Any]:
        self.asked.setdefault(decision_id, []).append(request)
        asked = request.question or request.role
        text = self._replies[asked] if asked in self._replies else self._reply(decision_id, request)
        if text is None:
            return RoleAnswer(
                None, "every model is silent", (attempt(decision_id, request, AttemptOutcome.TIMEOUT, None),)
            )
        try:
            word = accept(text)
        except Unacceptable as fault:
            return RoleAnswer(None, fault.why, (attempt(decision_id, request, fault.outcome, text),))
        return RoleAnswer(word, "", (attempt(decision_id, request, AttemptOutcome.OK, text),))


def attempt(decision_id: str, request: Request, outcome: AttemptOutcome, reply: str | None) -> Attempt:
    return Attempt(
        decision_id=decision_id,
        role=request.role,
        number=1,
        provider="wire",
        model="m-1",
        prompt_version=request.prompt_version,
        system_sha256=hashlib.sha256(request.system.encode()).hexdigest(),
        user=request.user,
        max_tokens=request.max_tokens,
        request_key=request.key("wire", "m-1"),
        outcome=outcome,
        detail="",
        reply=reply,
        usage=Usage(input_tokens=1000, output_tokens=100),
        cost_usd=Decimal("0.001"),
        latency_ms=5,
        question=request.question,
    )


_GATE = open_gate(LIMITS, SETTINGS.exits, b"k" * 32, 24.0)


def judge(proposal: Proposal) -> Verdict:
    """Ask the real gate about a proposal on an empty account of 10,000."""
    fresh = BreakerState.fresh(Decimal(10_000), proposal.as_of_utc)
    return _GATE.judge(
        Situation(proposal, portfolio(), BTC, fresh, None, ("BTC/USDT",), returns(), **seen_by(proposal))
    )


def hear(
    sitting: Mind,
    *cases: Case,
    settings: CourtSettings | None = None,
    note: Callable[[Attempt], object] | None = None,
) -> tuple[Hearing, ...]:
    """Hear cases in a real court, whose rulings `settings` compose."""
    bench = Bench(mind=sitting, adjuster=Off(), judge=judge, role_deadline_s=5.0, court=settings, note=note)
    return asyncio.run(Court(bench).hear(cases or (sound_case(),)))
