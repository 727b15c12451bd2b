"""What an operator does, in a real browser: watches a session, opens a trial, logs in, is cut off, and cannot be attacked."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from kept_journals import JOURNALS
from run_support import events
from window_support import PASSWORD, TurnedClock, window_on

from agents.records.record import CycleRecord, SessionEnd
from config.frozen import Journaled
from ops.live.auth.operator import Operator
from ops.live.auth.sessions import IDLE
from ops.live.following.window import Window
from ops.live.state.fold import Said
from ops.live.web.server import Serving

KEPT = JOURNALS / "models-0.6.0"
PAGES = ("", "debate", "decisions", "worth")
Opened = Callable[..., Any]
Served = Callable[..., Serving]


@pytest.fixture
def told() -> list[Journaled]:
    return [recorded.event for recorded in events(KEPT)]


def drawn(page: Any) -> None:
    """Wait until the curves are there."""
    page.wait_for_selector("html[data-drawn]")


@pytest.mark.slow
@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_its_screen_and_nothing_is_refused_by_its_policy(
    opened: Opened, served: Served, width: int, scheme: str
) -> None:
    serving = served(window_on(KEPT), KEPT)
    page = opened(serving.address, width, scheme=scheme)
    drawn(page)
    name = page.evaluate("fetch('/api/decisions').then((answer) => answer.json())")["decisions"][0]["decision_id"]
    for path in (*PAGES, f"decisions/{name}"):
        page.goto(serving.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("main").inner_text().strip(), path


BUSY_MS = 90_000
"""A tab on a busy machine may have to connect again, each time a little later [ms]."""


@pytest.mark.slow
def test_a_session_is_watched_as_it_trades(opened: Opened, served: Served, told: list[Journaled]) -> None:
    window, go = Window("r"), Event()
    bars = sum(isinstance(event, CycleRecord) for event in told)

    def trade() -> None:
        seen = 0
        for number, event in enumerate(told, 1):
            window.take(event, number)
            seen += isinstance(event, CycleRecord)
            if seen == bars // 2:
                go.wait(BUSY_MS / 1000)  # the first tab may need its time to be there
        window.caught_up()

    trading = Thread(target=trade, daemon=True)
    trading.start()
    page = opened(served(window, KEPT).address)
    page.get_by_text(f"bar {bars // 2} of {bars}").wait_for(timeout=BUSY_MS)
    page.wait_for_selector("#link:has-text('live')", timeout=BUSY_MS)
    second = opened(page.url)
    go.set()
    for tab in (page, second):
        tab.get_by_text("Ended, as planned").wait_for(timeout=BUSY_MS)
        tab.get_by_text(f"bar {bars} of {bars}").wait_for(timeout=BUSY_MS)
    trading.join()


@pytest.mark.slow
def test_a_stream_is_opened_also_where_its_script_comes_late(opened: Opened, served: Served) -> None:
    page = opened(f"{served(window_on(KEPT), KEPT).address}decisions")

    def late(route: Any) -> None:
        time.sleep(1.0)
        route.continue_()

    page.route("**/hx-sse.min.js", late)
    page.keyboard.press("1")
    page.wait_for_selector("#link:has-text('live')")


@pytest.mark.slow
def test_a_word_in_court_appears_before_the_ruling(opened: Opened, served: Served, told: list[Journaled]) -> None:
    window = Window("r")
    first = next(place for place, event in enumerate(told) if isinstance(event, CycleRecord) and event.hearings)
    for number, event in enumerate(told[:first], 1):
        window.take(event, number)
    window.caught_up()
    page = opened(f"{served(window, KEPT).address}debate")
    page.get_by_text("No case is before the court now.").wait_for()
    record = told[first]
    assert isinstance(record, CycleRecord)
    hearing = record.hearings[0]
    window.overhear(hearing.case, Said("analyst", hearing.analyst, ()))
    page.get_by_text("before the court", exact=True).wait_for()
    assert page.locator(".case.open .word:not(.waiting)").count() == 1
    assert page.locator(".case.open .word.waiting").count() == 3
    window.take(record, first + 1)
    page.wait_for_selector(".case .badge." + hearing.ruling.outcome)
    assert page.locator(".case.open").count() == 0


@pytest.mark.slow
def test_a_trial_is_opened_from_the_list_by_keyboard_and_search(opened: Opened, served: Served) -> None:
    page = opened(served(window_on(KEPT), KEPT).address)
    page.keyboard.press("3")
    page.wait_for_url("**/decisions")
    page.keyboard.press("/")
    page.keyboard.type("rejected no-such-market")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing matches").wait_for()
    page.locator("#q").fill("usdt")
    page.keyboard.press("Enter")
    page.locator("table.decisions tbody a").first.click()
    page.get_by_text("As tribunal show tells it").wait_for()
    page.get_by_text("tribunal replay").wait_for()
    assert "GATE" in page.locator("pre.trial.wide").inner_text()
    assert page.locator("pre.trial.narrow").is_hidden()


@pytest.mark.slow
def test_times_are_utc_and_local_when_pointed_at(opened: Opened, served: Served) -> None:
    page = opened(served(window_on(KEPT), KEPT).address)
    page.wait_for_selector("#live[data-messages]")
    at = page.locator("#live time").first
    assert at.get_attribute("datetime").startswith(at.inner_text().replace(" ", "T"))
    assert at.get_attribute("title")


@pytest.mark.slow
def test_the_operator_logs_in_and_is_sent_back_when_his_session_ends(opened: Opened, served: Served) -> None:
    clock, operator = TurnedClock(), Operator().with_password(PASSWORD)
    page = opened(served(window_on(KEPT), KEPT, operator, clock).address)
    page.wait_for_url("**/login")
    page.get_by_label("Password of the operator").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector("#link:has-text('live')")
    clock.turn(IDLE + timedelta(seconds=1))
    page.wait_for_url("**/login")


@pytest.mark.slow
def test_the_operator_logs_out_and_nobody_else_can_make_him(opened: Opened, served: Served) -> None:
    operator = Operator().with_password(PASSWORD)
    page = opened(served(window_on(KEPT), KEPT, operator).address)
    page.get_by_label("Password of the operator").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#link:has-text('live')")
    forged = "fetch('/logout', {method: 'POST', headers: {'X-CSRF-Token': 'forged'}}).then((answer) => answer.status)"
    assert page.evaluate(forged) == 403
    opened.faults.clear()  # type: ignore[attr-defined]  # the browser writes each refused request into its console
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")


@pytest.mark.slow
def test_a_wrong_password_is_told(opened: Opened, served: Served) -> None:
    page = opened(served(window_on(KEPT), KEPT, Operator().with_password(PASSWORD)).address)
    page.get_by_label("Password of the operator").fill("not the password")
    page.keyboard.press("Enter")
    page.get_by_text("This is not the password.").wait_for()
    opened.faults.clear()  # type: ignore[attr-defined]  # 401 stands in its console


@pytest.mark.slow
def test_a_script_in_a_headline_or_a_ruling_does_not_run(opened: Opened, served: Served, told: list[Journaled]) -> None:
    script = "<img src=x onerror=\"document.title='attacked'\"><script>document.title='attacked'</script>"

    def hostile(event: Journaled) -> Journaled:
        if not isinstance(event, CycleRecord):
            return event
        hearings = tuple(
            each.model_copy(update={"ruling": each.ruling.model_copy(update={"why": script})})
            for each in event.hearings
        )
        return event.model_copy(update={"hearings": hearings})

    page = opened(f"{served(window_on(KEPT, [hostile(event) for event in told]), KEPT).address}debate")
    page.get_by_text("<script>").first.wait_for()
    page.wait_for_selector("#live[data-messages]")
    assert "attacked" not in page.title()


@pytest.mark.slow
def test_a_session_that_dies_is_told_and_what_was_known_stays(
    opened: Opened, served: Served, told: list[Journaled]
) -> None:
    running = [event for event in told if not isinstance(event, SessionEnd)]
    serving = served(window_on(KEPT, running), KEPT)
    page = opened(serving.address)
    page.wait_for_selector("#link:has-text('live')")
    serving.__exit__()
    page.wait_for_selector("#link.lost")
    assert page.locator(".tile").count() == 6
    opened.faults.clear()  # type: ignore[attr-defined]  # the broken connection stands in its console


@pytest.mark.slow
def test_a_journal_of_a_hundred_thousand_events_is_painted_at_once(
    opened: Opened, served: Served, told: list[Journaled]
) -> None:
    window, number = Window("r"), 0
    body = told[1:-1]
    window.take(told[0], 1)
    while number < 100_000:
        for event in body:
            number += 1
            if not isinstance(event, CycleRecord):
                continue
            if number > 5_000:  # the rest is counted, as kinds that show nothing are
                window.take(_quiet(event), number)
            else:
                window.take(event, number)
    window.caught_up()
    page = opened("about:blank")
    began = time.monotonic()
    page.goto(served(window, KEPT).address, wait_until="commit")
    page.locator(".tile").first.wait_for()
    assert time.monotonic() - began < 1.5 * _slowness()
    drawn(page)


def _quiet(record: CycleRecord) -> CycleRecord:
    return record.model_copy(update={"hearings": (), "reviews": (), "fast": ()})


def _slowness() -> float:
    """How much slower than idle this machine is just now: a fixed piece of work beside its time on two idle cores."""
    began = time.perf_counter()
    sum(number * number for number in range(1_000_000))
    return max(1.0, (time.perf_counter() - began) / 0.06)


@pytest.mark.slow
def test_the_folder_of_a_run_is_not_touched(opened: Opened, served: Served) -> None:
    before = {file: file.read_bytes() for file in Path(KEPT).iterdir()}
    page = opened(served(window_on(KEPT), KEPT).address)
    drawn(page)
    assert {file: file.read_bytes() for file in Path(KEPT).iterdir()} == before
