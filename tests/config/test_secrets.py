"""Secrets are found, and are shown to nobody; the journal key is made once."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from config.ending import ended
from config.errors import JournalFault, OutputFault, UsageFault
from config.secrets import NOTEBOOKS, Secrets, journal_key, load_secrets, misspelt, state_dir, variables

HEX = "ab" * 32
VALUE = "sk-very-secret-value"
NAMES = ("TRIBUNAL_EXCHANGE_KEY", "TRIBUNAL_EXCHANGE_SECRET", "TRIBUNAL_EXCHANGE_PASSWORD", "TRIBUNAL_JOURNAL_KEY")


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` of the developer's, and no keys of a provider."""
    monkeypatch.chdir(tmp_path)
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", [*NAMES, "ANTHROPIC_API_KEY", "OPENAI_API_KEY"])
def test_each_secret_is_read_from_its_variable_and_never_printed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, VALUE)
    secrets = load_secrets()
    held = secrets.held()[name]
    assert held is not None
    assert held.get_secret_value() == VALUE
    assert secrets.values() == (VALUE,)
    shown = (repr(secrets), str(secrets), secrets.model_dump_json(), str(secrets.model_dump()), f"{secrets.held()}")
    assert all(VALUE not in text for text in shown)


def test_the_environment_wins_over_the_env_file_and_strangers_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(f"TRIBUNAL_EXCHANGE_KEY=from-file\nOPENAI_API_KEY={VALUE}\nEDITOR=vi\n")
    monkeypatch.setenv("TRIBUNAL_EXCHANGE_KEY", "from-environment")
    assert load_secrets().values() == ("from-environment", VALUE)


def test_further_keys_are_found_in_both_places_the_environment_first_and_are_masked_like_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("GROQ_API_KEY=gsk-from-file\nROUTER_TOKEN=router-from-file\n")
    monkeypatch.setenv("GROQ_API_KEY", "gsk-from-environment")
    secrets = load_secrets(also=("GROQ_API_KEY", "ROUTER_TOKEN", "ABSENT_KEY", "OPENAI_API_KEY"))
    assert secrets.values() == ("gsk-from-environment", "router-from-file")
    assert [name for name, held in secrets.held().items() if held] == ["GROQ_API_KEY", "ROUTER_TOKEN"]
    assert secrets.held()["ABSENT_KEY"] is None
    shown = (repr(secrets), str(secrets), secrets.model_dump_json(), str(secrets.model_dump()), f"{secrets.held()}")
    assert not any(value in text for text in shown for value in secrets.values())
    assert load_secrets().values() == ()


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_EXCHANGE_KEY", "")
    assert load_secrets().values() == ()


def test_an_env_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"OPENAI_API_KEY=\xff\xfe\n")
    with pytest.raises(UsageFault, match="cannot be read as UTF-8 text"):
        load_secrets()


def test_the_journal_key_of_the_environment_wins_and_writes_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", HEX)
    assert journal_key() == bytes.fromhex(HEX)
    assert not state_dir(load_secrets()).exists()


@pytest.mark.parametrize("text", ["ab" * 31, "ab" * 33, "zz" * 32, "password"])
def test_a_journal_key_that_is_not_32_bytes_of_hex_is_refused_and_not_repeated(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", text)
    with pytest.raises(UsageFault, match="openssl rand -hex 32") as caught:
        journal_key()
    assert text not in str(caught.value)


def test_the_first_use_makes_a_key_that_only_its_owner_can_read_and_later_uses_keep_it() -> None:
    key = journal_key()
    file = state_dir(load_secrets()) / "journal.key"
    assert len(key) == 32
    assert file.read_bytes() == key
    assert file.stat().st_mode & 0o777 == 0o600
    assert journal_key() == key
    assert [entry.name for entry in file.parent.iterdir()] == ["journal.key"]


def test_two_states_have_two_keys(tmp_path: Path) -> None:
    assert journal_key(Secrets(state_dir=tmp_path / "a")) != journal_key(Secrets(state_dir=tmp_path / "b"))


def test_threads_that_race_for_the_first_use_get_the_same_key(tmp_path: Path) -> None:
    for round_number in range(20):
        secrets, barrier = Secrets(state_dir=tmp_path / str(round_number)), Barrier(8)

        def first(secrets: Secrets = secrets, barrier: Barrier = barrier) -> bytes:
            barrier.wait()
            return journal_key(secrets)

        with ThreadPoolExecutor(8) as pool:
            keys = {future.result() for future in [pool.submit(first) for _ in range(8)]}
        assert len(keys) == 1


@pytest.mark.slow
def test_processes_that_race_for_the_first_use_get_the_same_key(tmp_path: Path) -> None:
    code = "from config.secrets import journal_key; print(journal_key().hex())"
    environment = {**os.environ, "TRIBUNAL_STATE_DIR": str(tmp_path / "raced")}
    racers = [subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    keys = {racer.communicate(timeout=300)[0] for racer in racers}
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert keys == {(tmp_path / "raced" / "journal.key").read_bytes().hex().encode() + b"\n"}


def test_a_state_that_cannot_be_written_is_answered_with_both_ways_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputFault, match=r"TRIBUNAL_JOURNAL_KEY.*TRIBUNAL_STATE_DIR"):
        journal_key(Secrets(state_dir=tmp_path / "file" / "state"))


@pytest.mark.parametrize("raw", [b"", b"x" * 31, b"x" * 33])
def test_a_damaged_key_file_is_neither_used_nor_replaced(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "journal.key"
    file.write_bytes(raw)
    file.chmod(0o600)
    with pytest.raises(JournalFault, match="is damaged"):
        journal_key(Secrets(state_dir=tmp_path))
    assert file.read_bytes() == raw


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_key_file_that_others_can_open_is_not_used(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "journal.key"
    file.write_bytes(b"x" * 32)
    file.chmod(mode)
    with pytest.raises(JournalFault, match="chmod 600"):
        journal_key(Secrets(state_dir=tmp_path))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TRIBUNAL_STATEDIR", "TRIBUNAL_STATE_DIR"),
        ("TRIBUNAL_STATE_DIRECTORY", "TRIBUNAL_STATE_DIR"),
        ("tribunal_loglevel", "TRIBUNAL_LOG_LEVEL"),
        ("TRIBUNAL_JOURNALKEY", "TRIBUNAL_JOURNAL_KEY"),
    ],
)
def test_a_misspelt_variable_is_told_with_the_one_that_was_meant(name: str, meant: str) -> None:
    assert misspelt([name, "PATH", *variables(), *NOTEBOOKS]) == (
        f"Nothing reads the environment variable {name}; it was ignored. Did you mean {meant}?",
    )


def test_a_variable_like_no_other_is_told_with_all_that_are_read() -> None:
    (told,) = misspelt(["TRIBUNAL_QQQ"])
    assert all(name in told for name in variables() if name.startswith("TRIBUNAL_"))


def test_what_is_read_in_any_case_and_what_is_not_ours_is_no_mistake() -> None:
    assert misspelt([name.lower() for name in variables()]) == ()
    assert misspelt(["TRIBUNALS", "MY_TRIBUNAL_STATE_DIR", "OPENAI_KEY"]) == ()


def test_the_notebooks_read_these_variables_and_no_other() -> None:
    texts = [file.read_text() for file in (Path(__file__).resolve().parents[2] / "notebooks").glob("*.py")]
    found = {name for text in texts for name in re.findall(r"TRIBUNAL_[A-Z_]+", text)}
    assert found - variables().keys() == set(NOTEBOOKS)


def test_a_command_tells_a_misspelt_variable_once_and_does_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIBUNAL_STATEDIR", "/elsewhere")
    (tmp_path / ".env").write_text(
        "# TRIBUNAL_NOTHING=1\nexport TRIBUNAL_LOGLEVEL=DEBUG\nTRIBUNAL_STATEDIR=/elsewhere\n"
    )
    assert ended(lambda: 7, "") == 7
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.split()[5].rstrip(";") for line in told.err.splitlines()] == ["TRIBUNAL_LOGLEVEL", "TRIBUNAL_STATEDIR"]


def test_right_variables_and_none_are_told_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIBUNAL_LOG_LEVEL", "ERROR")
    assert ended(lambda: 0, "") == 0
    assert capsys.readouterr().err == ""
