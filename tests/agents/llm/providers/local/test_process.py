"""The child process of a local model: what it says on its one line, what it is given, and that none stays behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agents.llm.attempt import AttemptOutcome, ProviderFault
from agents.llm.providers.local import process, server

Child = subprocess.Popen[bytes]


def child(script: str) -> Child:
    """A process that says what the script says, with the pipes of a server."""
    return subprocess.Popen(
        [sys.executable, "-S", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )


def heard(script: str) -> str:
    """The address that is read from such a child, which is ended then."""
    found = child(script)
    try:
        return asyncio.run(process._address(found))
    finally:
        process._end(found)


def test_the_address_is_read_from_one_line_however_it_is_cut() -> None:
    word = json.dumps({"address": "http://127.0.0.1:4242"})
    assert heard(f"print({word!r}); input()") == "http://127.0.0.1:4242"
    halves = f"import sys; w = sys.stdout; w.write({word[:9]!r}); w.flush(); w.write({word[9:]!r} + chr(10)); w.flush(); input()"
    assert heard(halves) == "http://127.0.0.1:4242"


def test_a_child_that_says_a_line_and_ends_was_heard() -> None:
    assert heard('print(\'{"address": "http://x"}\')') == "http://x"


def test_a_fault_of_the_child_is_told_in_its_own_words() -> None:
    with pytest.raises(ProviderFault, match="no such model") as fault:
        heard('print(\'{"fault": "no such model"}\')')
    assert fault.value.outcome is AttemptOutcome.SERVER_ERROR


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("raise SystemExit(3)", r"ended while it loaded the model \(exit code 3\)"),
        ("import os; os.kill(os.getpid(), 9)", r"ended while it loaded the model \(exit code -9\)"),
        (f"import os; os.kill(os.getpid(), {int(signal.SIGILL)})", "needs a processor with AVX2"),
        ("print('half a line', end='')", r"exit code 0"),
    ],
)
def test_a_child_that_ends_without_a_word_has_an_obituary(script: str, why: str) -> None:
    with pytest.raises(ProviderFault, match=why):
        heard(script)


def test_an_end_kills_at_once_closes_the_pipes_and_may_be_done_to_the_dead() -> None:
    found = child("while True: pass")
    local = process.LocalProcess(found, "http://x")
    assert local.alive()
    local.kill()
    assert not local.alive()
    assert found.returncode == -signal.SIGKILL
    assert found.stdin is not None
    assert found.stdin.closed
    local.kill()
    assert local.pid == found.pid


def test_a_model_that_does_not_load_leaves_no_child_and_a_fault_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    born: list[Child] = []
    spawn = process._spawn

    def noted(path: Path, threads: int, context_tokens: int) -> Child:
        born.append(spawn(path, threads, context_tokens))
        return born[-1]

    monkeypatch.setattr(process, "_spawn", noted)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model at all")
    with pytest.raises(ProviderFault):
        asyncio.run(process.LocalProcess.start(broken, 1, 512, 60.0))
    with pytest.raises(ProviderFault, match=r"broken\.gguf was not loaded within 0 s; the server was stopped"):
        asyncio.run(process.LocalProcess.start(broken, 1, 512, 0.0))
    assert len(born) == 2
    assert all(each.poll() is not None for each in born)


def test_a_child_sees_what_it_needs_to_run_and_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "TRIBUNAL_JOURNAL_KEY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "secret")
    found = process._spawn(tmp_path / "none.gguf", 1, 512)
    try:
        given = Path(f"/proc/{found.pid}/environ").read_bytes() if Path("/proc").is_dir() else b""
    finally:
        process._end(found)
    names = {entry.partition(b"=")[0].decode() for entry in given.split(b"\0") if entry}
    assert b"secret" not in given
    assert names <= set(process._PASSED_ON) | {"LC_CTYPE"}
    assert os.environ["ANTHROPIC_API_KEY"] == "secret"


def test_without_its_package_the_server_says_in_one_line_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as hidden:
        hidden.setitem(sys.modules, "xllamacpp", None)
        with pytest.raises(ImportError):
            server.serve(Path("m.gguf"), 1, 512)
    out = os.fdopen(os.dup(1), "w")
    server._say(out, {"fault": server.MISSING})
    assert json.loads(capfd.readouterr().out) == {"fault": server.MISSING}
    assert out.closed


def test_the_command_line_of_the_server_has_sound_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["server", "--model", "m.gguf"])
    given = server._arguments()
    assert (given.model, given.threads, given.context_tokens) == (Path("m.gguf"), 1, 4096)
    monkeypatch.setattr(sys, "argv", ["server"])
    with pytest.raises(SystemExit):
        server._arguments()
