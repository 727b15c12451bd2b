"""`tribunal compare`: courts hear the same cases, and what one of them is worth is paired with the first."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from model_server import KEY, ModelServer, Seen, Turn
from run_support import voters

from evidence.compare import main as compare

SHORT = ("--simulated", "--days", "12", *voters(), "--cases", "8", "--again", "3")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with ModelServer() as made:
        yield made


def court_file(folder: Path, name: str, server: ModelServer, more: str = "") -> str:
    file = folder / f"{name}.yaml"
    file.write_text(
        f"extends: paper\ncourt: {{mind: models}}\nminds:\n  chain: [anthropic]\n{more}"
        f"  providers: {{anthropic: {{base_url: '{server.url}'}}}}\n"
    )
    return str(file)


def compared(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert compare([*arguments, "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.slow
def test_a_court_of_rules_and_one_of_models_hear_the_same_cases(
    server: ModelServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("extends: paper\ncourt: {mind: rules, seats: []}\n")
    found = compared(capsys, *SHORT, "--courts", "rules", court_file(tmp_path, "loop", server), str(empty))
    rules, loop, nobody = found["courts"]
    assert found["heard"] == 8
    assert sum(rules[each] for each in ("approved", "shrunk", "rejected")) == 8
    assert nobody["approved"] == 8, "where nobody sits, everything is approved"
    assert nobody["worth"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert rules["against_first"] is None
    for court in (loop, nobody):
        assert court["against_first"]["value"] == pytest.approx(court["worth"]["value"] - rules["worth"]["value"])
    assert rules["calls"] == rules["usd"] == 0
    assert (rules["words_of_rules"], loop["words_of_models"], loop["words_of_rules"]) == (32, 32, 0)
    assert loop["calls"] == len(server.log) == 4 * (8 + 2 * 3)
    assert loop["usd"] > 0
    assert 0 < loop["latency_p50_ms"] <= loop["latency_p90_ms"]
    assert loop["flips"]["stood"] + loop["flips"]["no_room"] == loop["flips"]["cases"]
    assert loop["blinded"]["same"] == 3


@pytest.mark.slow
def test_what_was_answered_before_is_not_paid_again(
    server: ModelServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = court_file(tmp_path, "loop", server)
    first = compared(capsys, *SHORT, "--courts", "rules", file)["courts"][1]
    again = compared(capsys, *SHORT, "--courts", "rules", file)["courts"][1]
    assert (again["calls"], again["recorded"], again["usd"]) == (0, first["calls"], 0.0)
    assert again["latency_p50_ms"] is None
    for same in ("approved", "worth", "against_first", "scale", "flips", "blinded"):
        assert again[same] == first[same]


@pytest.mark.slow
def test_a_court_whose_model_gives_no_word_is_silent_and_rejects(
    server: ModelServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def prose(seen: Seen) -> Turn:
        return Turn.OK if len(server.log) == 1 else Turn.PROSE

    server.default = prose
    file = court_file(tmp_path, "mute", server, "  outage: abstain\n  breaker_failures: 100\n")
    found = compared(capsys, *SHORT, "--again", "0", "--courts", "rules", file)["courts"][1]
    assert (found["rejected"], found["silent"]) == (8, 8)
    assert found["flips"] is found["blinded"] is None


@pytest.mark.slow
def test_the_tables_are_as_wide_as_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "own.yaml").write_text("extends: paper\ncourt: {mind: rules}\n")
    table = tmp_path / "table.md"
    told = ["--courts", "rules", str(tmp_path / "own.yaml"), "--quiet", "--markdown", str(table)]
    assert compare([*SHORT, *told]) == 0
    shown = capsys.readouterr()
    assert max(map(len, shown.out.splitlines())) <= 80
    assert "less the first" in shown.out
    assert "| own |" in table.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--courts", "rules", "rules", "--simulated"), "names one twice"),
        (("--courts", "rules", "nobody_knows", "--simulated"), "has no mind 'nobody_knows'"),
        (("--courts", "rules", "nowhere.yaml", "--simulated"), "nowhere.yaml"),
        (("--courts", "rules"), "give --data FILE"),
        (("--courts", "rules", "--simulated", "--cases", "0"), "--cases must be at least 1"),
    ],
)
def test_what_cannot_be_compared_is_said_before_anything_is_heard(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare([*arguments, "--quiet"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
