"""`tribunal models`: what is known without a call, one cheap question each with --check, and forgetting."""

import json
from pathlib import Path
from typing import Any

import pytest
from model_habits import refusing
from model_server import KEY, ModelServer, Turn

from agents.models import main


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def asked(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main([*arguments])
    return code, capsys.readouterr().out


def at(server: ModelServer, name: str = "openai", path: str = "/v1") -> list[str]:
    return ["--set", f"minds.providers.{name}.base_url={server.url}{path}"]


def test_without_check_nothing_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    with ModelServer(check=None) as server:
        code, shown = asked(*at(server), capsys=capsys)
        assert (code, server.log) == (0, [])
    assert "claude-haiku-5-5" in shown
    assert "no key: set ANTHROPIC_API_KEY" in shown


@pytest.mark.slow
def test_each_model_is_asked_once_and_the_table_fits_a_terminal_of_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ModelServer(check=None) as server:
        code, shown = asked("--check", *at(server), capsys=capsys)
        assert len(server.log) == 1
    assert code == 0
    assert max(map(len, shown.splitlines())) <= 80
    row = next(line for line in shown.splitlines() if "openai/" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][:6] == [
        "openai/", "yes", "accepted", "schema", "0.1/0.5", "700",
    ]  # fmt: skip
    assert KEY not in shown


def test_a_model_of_a_known_server_needs_only_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    with ModelServer(check=None) as server:
        code, shown = asked(
            "--check",
            "--json",
            "--mind",
            "groq",
            "--model",
            "llama-3.3-70b-versatile",
            *at(server, "groq"),
            capsys=capsys,
        )
        assert server.log[0].authorized
    (seat,) = json.loads(shown)
    assert (code, seat["state"], seat["price"], seat["kind"]) == (0, "sits", "listed", "groq")
    assert main(["--mind", "groq"]) == 2
    assert "Add --model NAME" in capsys.readouterr().err


def test_where_no_model_can_sit_the_exit_code_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ModelServer(check=Turn.FORBIDDEN) as server:
        code, shown = asked("--check", "--set", "minds.chain=[openai]", *at(server)[1:], capsys=capsys)
    assert code == 1
    assert "its key is refused" in " ".join(shown.split())


def test_what_a_server_refuses_is_shown_and_can_be_forgotten(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ModelServer(default=refusing("json_schema"), check=None) as server:
        chosen = ["--set", "minds.chain=[openai]", *at(server)[1:]]
        asked("--check", *chosen, capsys=capsys)
        _, shown = asked(*chosen, capsys=capsys)
        assert "openai refuses json_schema; it is not sent again." in shown
        assert asked("--forget", *chosen, capsys=capsys) == (0, "What was learnt of openai is forgotten.\n")
        assert asked("--forget", "openai", *chosen, capsys=capsys) == (0, "Nothing was known of their servers.\n")
        _, shown = asked(*chosen, capsys=capsys)
        assert "refuses" not in shown
    assert main(["--forget", "nobody"]) == 2


def test_a_profile_of_rules_has_no_model_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", "minds.chain=[rules]"]) == 2
    assert "name no model" in capsys.readouterr().err
