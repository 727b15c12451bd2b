"""The last words of a run: a verdict, a next step that can be typed where the run was started, and the report's path."""

import html
import re
import shlex
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from ops.commands.cli import main as tribunal
from ops.conclusion.closing import last_words, next_step, replay_line, verdict
from ops.story.story import read_story
from ops.story.summary import Summary, summarise

Maker = Callable[..., Path]


def words(line: str) -> list[str]:
    """What a shell makes of a command line, without the program's name."""
    program, *arguments = shlex.split(line)
    assert program.endswith(("tribunal", "python")) or "python" in program
    return arguments[2:] if arguments[:1] == ["-m"] else arguments


@pytest.fixture
def summary(make_run: Maker, key: bytes) -> Callable[..., Summary]:
    return lambda **script: summarise(read_story(make_run(**script), key))


@pytest.mark.slow
@pytest.mark.parametrize("out", ["run", "deep/er/run", "a run with $HOME and 'quotes'", "-dash", "ünï#&<b>"])
def test_the_lines_to_type_in_the_report_and_at_the_end_work_from_where_the_run_was_started(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tribunal(["run", f"--out={out}", "--quiet", "--days", "2"]) == 0
    said, then, report = capsys.readouterr().out.splitlines()[-3:]
    assert said.startswith("Verdict: ")
    assert report == f"Report: {Path(out) / 'report.html'}"
    page = (Path(out) / "report.html").read_text(encoding="utf-8")
    (shown,) = re.findall(r"<pre>([^<]* replay [^<]*)</pre>", page)
    for line in (html.unescape(shown), then.removeprefix("Next: ").rpartition("  (")[0]):
        assert tribunal([*words(line), "--quiet"]) == 0
        assert "identical" in capsys.readouterr().out


def test_a_whole_run_is_replayed_next_and_one_that_stopped_is_resumed(summary: Callable[..., Summary]) -> None:
    whole = summary(name="whole")
    assert words(next_step(Path("a b"), whole, None).rpartition("  (")[0]) == ["replay", "a b"]
    cut = summary(name="cut", bars=33, ended=False)
    assert words(next_step(Path("a b"), cut, None).rpartition("  (")[0]) == ["run", "--resume", "a b"]
    assert verdict(cut, None).startswith(
        "this run was cut short (killed, or it still runs) after 33 bars of 33. 10,000.00"
    )


def test_books_that_do_not_add_up_are_the_whole_verdict(make_run: Maker, key: bytes) -> None:

    false = summarise(read_story(make_run(lie=Decimal("0.01")), key))
    assert verdict(false, None) == "the books do not add up, so nothing in this run can be trusted."
    assert " replay " in next_step(Path("run"), false, None)


def test_a_report_that_is_not_there_is_not_named(summary: Callable[..., Summary], tmp_path: Path) -> None:
    assert "Report:" not in last_words(tmp_path, summary(), None)
    (tmp_path / "report.html").write_text("")
    assert last_words(tmp_path, summary(name="other"), None).splitlines()[-1] == f"Report: {tmp_path / 'report.html'}"


def test_a_folder_that_looks_like_an_option_is_written_as_a_path() -> None:
    assert words(replay_line(Path("-x"))) == ["replay", "./-x"]
