"""What an operator does in a real browser, with a session that trades: he approves, pauses, halts, and sees what came of it."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any, NamedTuple

import pytest
from kept_journals import KEY
from steer_support import Steerable, is_halted, petition
from window_support import PASSWORD, TurnedClock

from agents.approval.box import Petitions
from config.clock import Stopwatch
from execution.steering.words import SteerVerb, word_of
from ops.live.auth.operator import Operator
from ops.live.auth.sessions import IDLE
from ops.live.web.server import Serving

AT = datetime(2024, 3, 1, tzinfo=UTC)
SCRIPT = "<img src=x onerror=\"document.title='attacked'\"><script>document.title='attacked'</script>"
BUSY_MS = 90_000
"""A session on a busy machine may need its time [ms]."""
Opened = Callable[..., Any]
Served = Callable[..., Serving]


class Trading(NamedTuple):
    """A session that trades in a process of its own."""

    address: str
    folder: Path
    state: Path
    process: "subprocess.Popen[bytes]"


@pytest.fixture
def trading(tmp_path: Path) -> Iterator[Trading]:
    """`tribunal run --serve`, without a terminal: positions above 20 are asked about."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder, state = tmp_path / "run", tmp_path / "state"
    hashed = Operator().with_password(PASSWORD).password_hash
    assert hashed is not None
    told = {"TRIBUNAL_JOURNAL_KEY": KEY, "TRIBUNAL_STATE_DIR": str(state), "TRIBUNAL_OPERATOR_HASH": hashed}
    process = subprocess.Popen(
        [
            sys.executable, "-m", "agents.run", "--serve", str(port), "--pace", "0.2", "--days", "200", "--out", str(folder),
            "--quiet", "--approve", "ask", "--set", "court.approval_above=20", "court.approval_deadline_s=600",
        ],
        env={**os.environ, **told},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    watch = Stopwatch()
    try:
        while process.poll() is None and watch.elapsed().total_seconds() < BUSY_MS / 1000:
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", port)) == 0:
                    break
            sleep(0.1)
        yield Trading(f"http://127.0.0.1:{port}/", folder, state, process)
    finally:
        process.terminate()
        process.wait()


def log_in(page: Any) -> None:
    page.get_by_label("Password of the operator").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#link:has-text('live')", timeout=BUSY_MS)


def confirm(page: Any, why: str = "") -> None:
    """Type the words that are asked for; the form has the focus already."""
    page.locator("#typed").wait_for()
    page.keyboard.type(page.locator(".words-to-type").inner_text())
    if why:
        page.locator("#why").fill(why)
    page.keyboard.press("Enter")


def give(page: Any, verb: str, why: str = "") -> str:
    """Give a verb; returns what came of it."""
    page.locator(f"form.verb:has(input[value='{verb}']) button").click()
    confirm(page, why)
    done = page.locator("#confirm .banner:not([data-state='waiting']):not([data-state='heard'])")
    done.wait_for(timeout=BUSY_MS)
    return str(done.inner_text())


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_an_operator_approves_pauses_resumes_and_halts_a_session_that_trades(
    opened: Opened, trading: Trading, width: int, scheme: str
) -> None:
    page = opened(trading.address, width, scheme=scheme)
    log_in(page)
    page.locator(".banner.asks").wait_for(timeout=BUSY_MS)
    page.get_by_role("link", name="Answer it").click()
    page.get_by_role("button", name="approve").click()
    confirm(page)
    page.locator("#confirm .banner[data-state='done']").wait_for(timeout=BUSY_MS)
    assert "was approved" in page.locator("#confirm").inner_text()
    second = opened(trading.address, width, scheme=scheme)
    log_in(second)
    second.keyboard.press("5")
    second.wait_for_url("**/operator")
    assert "Entries are paused" in give(page, "pause", SCRIPT)
    second.locator("table.actions", has_text="pause").wait_for(timeout=BUSY_MS)
    second.locator(".banner.bad", has_text="entries paused").wait_for(timeout=BUSY_MS)
    assert "resume: done" in give(second, "resume", "prices were checked").replace(" :", ":")
    assert "takes no new risk" in give(page, "halt", "wrong prices")
    assert is_halted(trading.state)
    second.locator(".banner.bad", has_text="kill switch").wait_for(timeout=BUSY_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "attacked" not in (page.title(), second.title())
    for tab in (page, second):
        tab.goto("about:blank")
    trading.process.terminate()
    assert trading.process.wait() == 130
    command = [sys.executable, "-m", "agents.replay", str(trading.folder), "--quiet"]
    assert subprocess.run(command, env={**os.environ, "TRIBUNAL_JOURNAL_KEY": KEY}, check=False).returncode == 0


@pytest.fixture
def steered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Steerable]:
    """A session that hears its words a little later, in a thread."""
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    session, over = Steerable(tmp_path), Event()

    def hear() -> None:
        while not over.wait(0.2):
            if session.words:
                session.hear(AT, told=SCRIPT)

    hearing = Thread(target=hear, daemon=True)
    hearing.start()
    yield session
    over.set()
    hearing.join()


@pytest.mark.slow
def test_wrong_words_a_forged_token_and_another_amount_change_nothing(
    opened: Opened, served: Served, steered: Steerable, tmp_path: Path
) -> None:
    clock, operator = TurnedClock(), Operator().with_password(PASSWORD)
    box, asked = Petitions(steered.folder, clock), petition(reason=SCRIPT)
    box.ask(asked, clock.now() + timedelta(minutes=5))
    page = opened(f"{served(steered.window, steered.folder, operator, clock).address}")
    log_in(page)
    page.keyboard.press("5")
    page.wait_for_url("**/operator")
    page.get_by_text("<script>").first.wait_for()
    page.get_by_role("button", name="approve").click()
    page.locator("#typed").fill("APPROVE BTC/USDT")
    page.keyboard.press("Enter")
    page.get_by_text("To confirm this, give: APPROVE BTC/USDT 612.50").wait_for()
    forged = (
        "fetch('/operator/give', {method: 'POST', headers: {'X-CSRF-Token': 'forged'}, "
        "body: new URLSearchParams({verb: 'halt', confirm: 'HALT all'})}).then((answer) => answer.status)"
    )
    assert page.evaluate(forged) == 403
    assert not is_halted(tmp_path / "state")
    assert box.answer_to(asked.decision_id) is None
    assert "attacked" not in page.title()
    opened.faults.clear()  # type: ignore[attr-defined]  # the browser writes each refused request into its console


@pytest.mark.slow
def test_a_result_that_is_script_is_shown_as_text_and_by_keyboard_alone(
    opened: Opened, served: Served, steered: Steerable
) -> None:
    operator = Operator().with_password(PASSWORD)
    page = opened(served(steered.window, steered.folder, operator).address)
    log_in(page)
    page.goto(f"{page.url}operator")
    page.locator("form.verb:has(input[value='pause']) button").focus()
    page.keyboard.press("Enter")
    confirm(page)
    page.locator("#confirm .banner[data-state='done']").wait_for()
    assert "<script>" in page.locator("#confirm").inner_text()
    page.locator("table.actions td", has_text="<script>").wait_for()
    assert "attacked" not in page.title()


@pytest.mark.slow
def test_a_word_that_was_not_heard_is_withdrawn_at_a_click(
    opened: Opened, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    session, operator = Steerable(tmp_path), Operator().with_password(PASSWORD)
    page = opened(served(session.window, session.folder, operator).address)
    log_in(page)
    page.goto(f"{page.url}operator")
    session.mailbox.put(word_of(SteerVerb.PROPOSE, "BTC/USDT", SCRIPT, "mcp", SCRIPT, AT, "long"))
    page.get_by_text("propose BTC/USDT long").wait_for()
    page.get_by_role("button", name="withdraw it").click()
    page.get_by_text("It was withdrawn by operator (page)").wait_for()
    page.get_by_text("propose BTC/USDT long").wait_for(state="detached")
    assert session.words == 0
    assert "attacked" not in page.title()


@pytest.mark.slow
def test_a_session_of_the_browser_that_has_ended_asks_to_log_in_and_a_dead_session_is_told(
    opened: Opened, served: Served, steered: Steerable
) -> None:
    clock, operator = TurnedClock(), Operator().with_password(PASSWORD)
    page = opened(served(steered.window, steered.folder, operator, clock).address)
    log_in(page)
    page.goto(f"{page.url}operator")
    steered.end()
    page.locator("form.verb:has(input[value='pause']) button").click()
    page.get_by_text("has ended, so nobody hears it. Nothing was asked.").wait_for()
    opened.faults.clear()  # type: ignore[attr-defined]  # 409 stands in its console
    clock.turn(IDLE + timedelta(seconds=1))
    page.wait_for_url("**/login")


@pytest.mark.slow
def test_a_guest_sees_no_button_and_a_decision_is_replayed_under_other_limits(
    opened: Opened, served: Served, steered: Steerable
) -> None:
    page = opened(f"{served(steered.window, steered.folder).address}operator")
    page.get_by_text("What humans have done").wait_for()
    assert page.locator("form.verb").count() == 0
    page.goto(page.url.replace("operator", "decisions?q=signed"))
    page.locator("table.decisions tbody a").first.click()
    page.locator(".limits-form summary").click()
    page.locator("input[name=min_conviction]").fill("1")
    page.get_by_role("button", name="Replay under these").click()
    page.locator(".would").wait_for(timeout=4 * BUSY_MS)
    assert "refused by min_conviction" in page.locator(".would").inner_text()
    page.locator("#again .banner.good", has_text="identical").wait_for()
