"""The check shows what would run, or everything that stops it."""

import io
import json
from pathlib import Path

import pytest

from config.check import main
from config.reading.load import load_profile, profile_names, resolve
from ops.commands.operate.check import rows

VALUE = "sk-very-secret-value"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` of the developer's."""
    monkeypatch.chdir(tmp_path)


def checked(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the check."""
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


@pytest.mark.parametrize("profile", profile_names())
def test_every_profile_is_shown_with_units_and_origins(profile: str) -> None:
    code, out, err = checked("--profile", profile)
    assert (code, err) == (0, "")
    assert all(row.key in out and row.origin in out for row in rows(resolve(profile)))


def test_the_table_shows_value_unit_and_origin_of_a_setting_on_one_line() -> None:
    _, out, _ = checked()
    (line,) = [line for line in out.splitlines() if "limits.max_position_fraction" in line]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[:3] == ["limits.max_position_fraction", "0.05", "fraction of equity"]
    assert cells[3].startswith("base.yaml, line ")


def test_json_is_the_settings_themselves_and_only_that_reaches_stdout() -> None:
    code, out, err = checked("--profile", "live", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["settings"] == load_profile("live").model_dump(mode="json")
    assert document["units"]["venue.spread_bps"] == "bps"
    assert document["origins"]["world"] == "live.yaml, line 3"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_secrets_are_set_or_not_set_and_never_shown(form: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_EXCHANGE_KEY", VALUE)
    _, out, _ = checked(*form)
    assert VALUE not in out
    (line,) = [line for line in out.splitlines() if "TRIBUNAL_EXCHANGE_KEY" in line]
    assert "set" in line
    assert "not set" not in line
    assert any("TRIBUNAL_EXCHANGE_SECRET" in line and "not set" in line for line in out.splitlines())


def test_all_faults_of_profile_and_environment_go_to_stderr_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: paper\nsed: 1\nlimits: {min_conviction: 2}\n")
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    code, out, err = checked("--profile", "mine.yaml")
    assert (code, out) == (2, "")
    assert "sed: unknown key; did you mean seed?" in err
    assert "limits.min_conviction: 2 is not allowed" in err
    assert "cannot be read as UTF-8 text" in err


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_on_a_narrow_console_every_setting_is_shown_with_its_value(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    _, out, _ = checked()
    assert max(map(len, out.splitlines())) <= columns
    cells = [[cell.strip() for cell in line.split("│")[1:3]] for line in out.splitlines() if line.startswith("│")]
    shown = dict(cell for cell in cells if cell[0])
    for row in rows(resolve("paper")):
        assert shown[row.key]
        assert row.value.startswith(shown[row.key])


@pytest.mark.parametrize("columns", ["0", "-1", "abc", "5", "100000", "\u00b2", ""])
def test_an_absurd_width_stops_nothing(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", columns)
    code, out, err = checked()
    assert (code, err) == (0, "")
    assert "limits." in out


def test_what_a_context_does_not_set_of_its_own_is_not_listed(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("extends: paper\nstrategies:\n  - {strategy: ema_cross, limits: {risk_per_trade: 0.001}}\n")
    keys = {row.key for row in rows(resolve(str(file)))}
    own = {key for key in keys if key.startswith("strategies.0.")}
    assert own == {f"strategies.0.{name}" for name in (
        "strategy", "file", "name", "symbols", "weight", "params", "limits.risk_per_trade",
    )}  # fmt: skip
