"""Recomputing a decision beside a session: by REST and from its page, one at a time, within a bound."""

from pathlib import Path
from time import sleep
from typing import Any

import pytest
from kept_journals import JOURNALS, KEY
from starlette.testclient import TestClient
from window_support import PASSWORD, app_on, csrf_of, logged_in, window_on

from config.clock import Stopwatch
from config.sections.limits import TIGHTENED
from ops.live.auth.operator import Operator
from ops.live.web.replays import LONGEST_S, Busy, Replays, limits_typed

KEPT = JOURNALS / "rules-0.7.0"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture
def client() -> TestClient:
    return TestClient(app_on(window_on(KEPT), KEPT), follow_redirects=False)


def last(client: TestClient) -> str:
    found = client.get("/api/decisions?q=signed").json()["decisions"]
    return str(found[0]["decision_id"])


def waited(client: TestClient, name: str) -> dict[str, Any]:
    """How the recomputing has ended. It is compared with the bound after which it would be ended anyway."""
    watch = Stopwatch()
    while watch.elapsed().total_seconds() < 2 * LONGEST_S:
        told: dict[str, Any] = client.get(f"/api/decisions/{name}/replay").json()
        if told["state"] != "running":
            return told
        sleep(0.1)
    raise AssertionError("it runs beyond its bound")


@pytest.mark.slow
def test_a_decision_is_recomputed_under_other_limits_and_nothing_is_written(client: TestClient) -> None:
    name = last(client)
    before = {file: file.read_bytes() for file in KEPT.iterdir()}
    begun = client.post(f"/api/decisions/{name}/replay", json={"limits": {"min_conviction": 1.0}})
    assert (begun.status_code, begun.json()["state"], begun.json()["longest_s"]) == (202, "running", LONGEST_S)
    busy = client.post(f"/api/decisions/{name}/replay")
    assert busy.status_code == 409
    assert "only one is at a time" in busy.json()["detail"]
    told = waited(client, name)
    assert told["state"] == "done", told["told"]
    assert told["result"]["identical"]
    assert told["result"]["judged"][0]["asked"]["rule"] == "min_conviction"
    page = client.get(f"/decisions/{name}").text
    assert "What would have been" in page
    assert "not what happened" in page
    assert {file: file.read_bytes() for file in KEPT.iterdir()} == before


def test_what_cannot_be_asked_is_told(client: TestClient) -> None:
    name = last(client)
    for limits, why in (
        ({"max_daily_loss": 0.1}, "no limit that judges one purchase"),
        ({"--quiet": 1}, "no limit that judges one purchase"),
        ({"min_conviction": -1}, "takes a number"),
    ):
        answer = client.post(f"/api/decisions/{name}/replay", json={"limits": limits})
        assert answer.status_code == 422
        assert why in answer.json()["detail"]
    assert client.post("/api/decisions/nothing/replay").status_code == 404
    assert client.get(f"/api/decisions/{name}/replay").status_code == 404
    page = client.post(f"/decisions/{name}/replay", data={"min_conviction": "much"}, headers={"hx-request": "true"})
    assert "takes a number, or null" in page.text


def test_other_sites_and_browsers_without_their_token_cannot_make_it_work(client: TestClient) -> None:
    name = last(client)
    path = f"/decisions/{name}/replay"
    assert client.post(path, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    operator = TestClient(
        app_on(window_on(KEPT), KEPT, Operator().with_password(PASSWORD)), follow_redirects=False
    )  # fmt: skip
    assert operator.post(f"/api{path}").status_code == 401
    assert logged_in(operator) == 303
    assert operator.post(path).status_code == 403
    assert operator.post(path, headers={"x-csrf-token": csrf_of(operator)[:-1]}).status_code == 403
    assert operator.get(f"/api{path}").status_code == 404


def test_the_form_has_every_limit_that_judges_one_purchase(client: TestClient) -> None:
    page = client.get(f"/decisions/{last(client)}").text
    assert [name for name in TIGHTENED if f'name="{name}"' not in page] == []


def test_limits_are_numbers_or_null_and_empty_fields_are_left_out() -> None:
    typed = {"min_conviction": " 0.5 ", "max_var_1d": "", "max_entries_per_day": "null"}
    assert limits_typed(typed) == {"min_conviction": "0.5", "max_entries_per_day": "null"}
    for text in ("-1", "1e5", "0x1", "1 2", "[1]", "nan"):
        with pytest.raises(ValueError, match="takes a number"):
            limits_typed({"min_conviction": text})


@pytest.mark.parametrize(("longest_s", "closing", "told"), [(0.0, False, "was ended"), (60.0, True, "was closed")])
def test_what_takes_too_long_is_ended_and_the_next_one_may_begin(
    tmp_path: Path, longest_s: float, closing: bool, told: str
) -> None:
    replays = Replays(KEPT, lambda: closing, longest_s)
    replays.start("x", {})
    with pytest.raises(Busy):
        replays.start("y", {})
    watch = Stopwatch()
    while (found := replays.of("x")) is not None and found.state == "running":
        assert watch.elapsed().total_seconds() < 60
        sleep(0.02)
    assert found is not None
    assert found.state == "failed"
    assert told in found.told
    assert replays.start("y", {}).state == "running"


@pytest.mark.slow
def test_why_it_failed_is_what_the_process_has_said(client: TestClient) -> None:
    replays = Replays(KEPT, lambda: False)
    replays.start("nothing", {})
    watch = Stopwatch()
    while (found := replays.of("nothing")) is not None and found.state == "running":
        assert watch.elapsed().total_seconds() < LONGEST_S
        sleep(0.05)
    assert found is not None
    assert (found.state, "has no decision 'nothing'" in found.told) == ("failed", True)
