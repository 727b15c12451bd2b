"""A link that leads back to itself is refused in words, wherever a file or a folder is named."""

from pathlib import Path

import pytest

from ops.commands.cli import main


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("run --profile {loop}.yaml", 2),
        ("run --data {loop}.csv", 3),
        ("ask BTC --data {loop}.csv", 3),
        ("ingest {loop}.csv --store {store}", 3),
        ("run --days 1 --record {loop}.json --out {store}", 2),
        ("run --resume {loop} --out {loop}", 4),
        ("backup {loop} --to {store}", 2),
        ("show {loop}", 4),
        ("replay {loop}", 4),
        ("steer {loop} pause --why x", 2),
    ],
)
def test_a_link_that_leads_back_to_itself_is_refused_in_words(
    typed: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loop = tmp_path / "loop"
    for ending in ("", ".yaml", ".csv", ".json"):
        name = Path(f"{loop}{ending}")
        name.symlink_to(name)
    assert main(typed.format(loop=loop, store=tmp_path / "store").split()) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert "loop" in shown.err
