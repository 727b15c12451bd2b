"""A session whose rulings are composed of what models say: to its journal, its replay and what is learnt of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from model_replies import SOUND
from model_server import ModelServer
from run_support import events, run, said
from session_models import KEYS, arguments, attempts, cut, records

from agents.court.condition import Condition
from agents.court.opinion import AnalystOpinion
from agents.llm.attempt import Attempt
from agents.records.record import Prompts, SessionEnd
from agents.replay import main as replay
from agents.run import main
from evidence.attribution import main as attribution
from evidence.calibrate import main as calibrate


class Disputed(NamedTuple):
    """A run, the server that has answered it, and the arguments that began it."""

    folder: Path
    server: ModelServer
    chosen: list[str]


@pytest.fixture(scope="module")
def disputed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disputed]:
    """Five days in which each advocate attacks with a strength of 50 %, with the key beside them."""
    folder = tmp_path_factory.mktemp("disputed")
    with pytest.MonkeyPatch.context() as patch, ModelServer(prefer=SOUND | {"strength_pct": 50}) as server:
        patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
        for name, value in KEYS.items():
            patch.setenv(name, value)
        chosen = arguments(server, None, "minds.budget.day_usd=50")
        assert run(folder / "run", *chosen) == 0
        yield Disputed(folder, server, chosen)


@pytest.fixture
def its_run(disputed: Disputed, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(disputed.folder / "state"))
    return disputed.folder / "run"


@pytest.mark.slow
def test_each_disputed_case_is_answered_once_and_bounded(its_run: Path) -> None:
    found = events(its_run)
    hearings = [hearing for record in records(found) for hearing in record.hearings]
    assert len(hearings) > 10
    answered = [attempt for attempt in attempts(found) if attempt.question == "rebuttal"]
    assert len(answered) == len(hearings) == sum(hearing.rebuttal is not None for hearing in hearings)
    for hearing in hearings:
        assert [bound.by for bound in hearing.ruling.bounds][:2] == ["analyst", "devils_advocate"]
        assert hearing.ruling.scale <= min(bound.most_pct for bound in hearing.ruling.bounds) / 100
        assert isinstance(hearing.analyst, AnalystOpinion)
        assert not isinstance(hearing.analyst.would_change_my_mind, str)
    assert any(isinstance(hearing.analyst.would_change_my_mind, Condition) for hearing in hearings)
    (prompts,) = said(found, Prompts)
    assert prompts.rebuttal is not None
    assert prompts.rebuttal[1].splitlines()[-1].startswith("- conviction_pct")


@pytest.mark.slow
def test_weights_of_models_follow_their_own_record(its_run: Path) -> None:
    found = events(its_run)
    (end,) = said(found, SessionEnd)
    assert end.learnt is not None
    for known in end.learnt.arguments.values():
        assert known.models is not None
        assert known.models.analyst.cases > 0
        assert known.models.horizons
        assert known.analyst.cases == known.advocate.cases == 0, "the rules have argued nothing"
    hearings = [hearing for record in records(found) for hearing in record.hearings]
    weights = [hearing.case.record.models for hearing in hearings if hearing.case.record is not None]
    first, *later = [weight for weight in weights if weight is not None]
    assert (first.analyst, first.advocate, first.horizons) == (0.75, 0.75, {})
    assert any(weight.analyst != 0.75 and weight.advocate != 0.75 and weight.horizons for weight in later)


@pytest.mark.slow
def test_it_replays_to_the_byte(its_run: Path) -> None:
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("answered", [False, True])
def test_a_run_killed_before_or_after_an_answer_goes_on_with_what_it_has(
    answered: bool, disputed: Disputed, its_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    found = events(its_run)
    asked = [event for event in found if isinstance(event.event, Attempt)]
    place = [place for place, made in enumerate(attempts(asked)) if made.question == "rebuttal"][2] + answered
    killed = cut(its_run, tmp_path / "killed", asked[place - 1].seq)
    disputed.server.log.clear()
    assert main(["--profile", "paper", "--quiet", *disputed.chosen, "--resume", str(killed)]) == 0
    assert len(disputed.server.log) == len(asked) - place
    assert [record.hearings for record in records(events(killed))] == [record.hearings for record in records(found)]


def test_attribution_and_calibration_tell_of_its_models(its_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert attribution([str(its_run), "--json", "--quiet"]) == 0
    found = {role["role"]: role for role in json.loads(capsys.readouterr().out)["roles"]}
    heard = sum(len(record.hearings) for record in records(events(its_run)))
    for role in ("analyst", "devils_advocate"):
        assert found[role]["heard"] == heard
        assert found[role]["quote"]["low"] <= found[role]["quote"]["value"] <= found[role]["quote"]["high"]
    assert found["devils_advocate"]["lowered"] == found["devils_advocate"]["changed"] > 0
    assert calibrate([str(its_run), "--json", "--quiet"]) == 0
    horizons = json.loads(capsys.readouterr().out)["horizons"]
    assert {each["horizon"] for each in horizons} >= {"together", "1h"}
    assert {each["speaker"].rpartition("/")[2] for each in horizons} == {"analyst"}
