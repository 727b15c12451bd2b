"""From the words of a run to the sizes of a later one: whose map is used, and that it can only shrink."""

import asyncio
from pathlib import Path

import pytest
from court_support import SETTINGS, case
from gate_support import BTC, PLAIN_PAIRS, portfolio, returns, seen_by
from hearing_support import barriers
from model_server import ModelServer
from run_support import events, run, write_bars
from session_models import KEYS, arguments, records

from agents.court.case import Case
from agents.court.graph import Bench, Court
from agents.court.hearing import Hearing
from agents.court.mind import Voice
from agents.court.minds.rules import RulesMind
from agents.court.opinion import AnalystOpinion
from agents.replay import main as replay
from config.silence import Abstained
from evidence.calibrate import main as calibrate
from evidence.rulings.statements import statements
from execution.venues.sealing import open_gate
from risk.breakers import BreakerState
from risk.calibration import Calibrations
from risk.facts import Situation
from risk.proposal import Proposal
from risk.verdict import Outcome, Verdict
from rl.adjuster import Off

GATE = open_gate(SETTINGS.limits, SETTINGS.exits, b"k" * 32, 24.0)


class Named(RulesMind):
    """The rules mind's arguments under other names: each decision has an analyst of its own."""

    def voices(self) -> tuple[Voice, ...]:
        return tuple(
            Voice(decision_id=decision, role=role, speaker=speaker, why="")
            for decision, role, speaker in (
                ("another", "analyst", "openai/other"),
                (case().decision_id, "risk_agent", "rules"),
                (case().decision_id, "analyst", "anthropic/claude"),
            )
        )


class Silent(RulesMind):
    async def analyst(self, case: Case) -> AnalystOpinion | Abstained:
        return Abstained(why="no word")


def heard(kind: type[RulesMind]) -> tuple[Hearing, Proposal]:
    """A hearing, and what its gate was given."""
    seen = []

    def judge(proposal: Proposal) -> Verdict:
        seen.append(proposal)
        fresh = BreakerState.fresh(SETTINGS.venue.starting_cash, proposal.as_of_utc)
        return GATE.judge(
            Situation(proposal, portfolio(), BTC, fresh, None, ("BTC/USDT",), returns(), **seen_by(proposal))
        )

    mind = kind(SETTINGS.court, SETTINGS.limits)
    (hearing,) = asyncio.run(Court(Bench(mind, Off(), judge, 5.0)).hear((case(),)))
    return hearing, seen[0]


@pytest.mark.parametrize(("kind", "speaker"), [(RulesMind, "rules/analyst"), (Named, "anthropic/claude/analyst")])
def test_the_gate_gets_the_belief_that_calibration_compares_with_the_outcome(
    kind: type[RulesMind], speaker: str
) -> None:
    hearing, proposal = heard(kind)
    assert proposal.argument is not None
    assert proposal.argument.speaker == speaker
    assert statements(hearing, barriers())[speaker] == proposal.argument.belief != 0.5


def test_a_silent_analyst_gives_the_gate_no_argument() -> None:
    hearing, proposal = heard(Silent)
    assert proposal.argument is None
    assert hearing.verdict.outcome is Outcome.REFUSED


def kelly_of(folder: Path) -> dict[str, tuple[float, str]]:
    """What Kelly's rule left of each purchase that was sized, and its note."""
    return {
        heard.case.decision_id: (rule.number or 0.0, rule.note)
        for record in records(events(folder))
        for heard in record.hearings
        for rule in heard.verdict.rules
        if rule.code == "kelly"
    }


@pytest.mark.long
def test_a_run_with_models_is_calibrated_sizes_a_later_one_and_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "data").mkdir()
    bars = ["--data", *map(str, write_bars(tmp_path / "data", ("BTC/USDT", "ETH/USDT")))]
    known = tmp_path / "known.json"
    with ModelServer() as server:
        asked = arguments(server, None, *PLAIN_PAIRS)[2:]
        assert run(tmp_path / "first", *bars, "--start", "2024-01-02", "--end", "2024-01-08", *asked) == 0
        assert calibrate([str(tmp_path / "first"), "--bars", "24", "--shrink", "1", "--out", str(known)]) == 0
        later = [*bars, "--start", "2024-01-08", "--end", "2024-01-14", *asked]
        assert run(tmp_path / "plain", *later) == 0
        assert run(tmp_path / "sized", *later, "--calibration", str(known)) == 0
    speaker = "anthropic/claude-haiku-5-5/analyst"
    assert speaker in Calibrations.model_validate_json(known.read_bytes()).speakers
    plain, sized = kelly_of(tmp_path / "plain"), kelly_of(tmp_path / "sized")
    both = plain.keys() & sized.keys()
    assert len(both) >= 2
    assert all(sized[name][0] <= plain[name][0] for name in both)
    assert all(note == "" for _, note in plain.values())
    assert all(f"of {speaker} " in note and note.endswith("the lower counts") for _, note in sized.values())
    assert f"of {speaker} " in (tmp_path / "sized" / "report.html").read_text()
    assert replay([str(tmp_path / "sized"), "--quiet"]) == 0
