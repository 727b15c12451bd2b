"""Pages and REST: who is let in, what an answer carries, and that foreign text stays text."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from kept_journals import JOURNALS, KEY, RUNS
from run_support import events
from starlette.testclient import TestClient
from window_support import PASSWORD, TurnedClock, app_on, client_on, csrf_of, logged_in, window_on

from agents.records.record import CycleRecord
from agents.show import main as show
from config.frozen import Journaled
from ops.live.auth.operator import Operator
from ops.live.auth.sessions import IDLE, TRIES
from ops.live.following.window import Window

KEPT = JOURNALS / "models-0.6.0"
PAGES = ("/", "/debate", "/decisions", "/worth")
REST = ("status", "positions", "orders", "alerts", "series", "decisions", "worth", "openapi.json")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator().with_password(PASSWORD)


@pytest.fixture
def open_client() -> TestClient:
    return client_on(KEPT)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [run.name for run in RUNS])
def test_every_page_of_every_kept_journal_is_drawn(kept: str) -> None:
    client = client_on(JOURNALS / kept)
    for page in PAGES:
        assert client.get(page).status_code == 200, page
    for decision in client.get("/api/decisions?limit=6").json()["decisions"]:
        page = client.get(f"/decisions/{decision['decision_id']}")
        assert page.status_code == 200
        assert decision["decision_id"] in page.text
    for name in REST:
        assert client.get(f"/api/{name}").status_code == 200, name


def test_a_trial_is_told_as_show_tells_it(open_client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    name = open_client.get("/api/decisions").json()["decisions"][-1]["decision_id"]
    assert show([str(KEPT), name, "--json"]) == 0
    told = re.sub(r"\s", "", capsys.readouterr().out)
    found = open_client.get(f"/api/decisions/{name}")
    assert re.sub(r"\s", "", json.dumps(found.json()["trial"], indent=2, ensure_ascii=False)) == told


def test_no_page_holds_what_its_policy_forbids_and_every_answer_carries_it(open_client: TestClient) -> None:
    name = open_client.get("/api/decisions").json()["decisions"][0]["decision_id"]
    for path in (*PAGES, f"/decisions/{name}", "/login", "/nowhere", "/api/status", "/static/window.css"):
        answer = open_client.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        if "html" in answer.headers.get("content-type", ""):
            assert not re.search(r"<[^>]+\sstyle=|<[^>]+\son[a-z]+=|<script>|<style>|https?://", answer.text), path


def test_what_is_not_there_is_said_and_what_cannot_be_read_too(open_client: TestClient) -> None:
    assert open_client.get("/decisions/nothing").status_code == 404
    assert open_client.get("/api/decisions/nothing").json()["detail"] == "no such decision is in the index"
    assert open_client.get("/api/decisions?limit=9999").status_code == 422
    assert "limit" in open_client.get("/api/decisions?limit=9999").json()["detail"]
    assert open_client.get("/decisions?page=0").status_code == 422


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
def test_another_name_than_its_own_is_not_answered(open_client: TestClient, host: str) -> None:
    assert open_client.get("/", headers={"host": host}).status_code == 400


def test_without_a_session_there_is_only_the_form_and_with_one_everything(operator: Operator) -> None:
    client = client_on(KEPT, operator)
    for page in PAGES:
        answer = client.get(page)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert client.get("/api/status").status_code == 401
    assert client.get("/stream/now").status_code == 401
    assert client.get("/health").json()["ok"]
    assert logged_in(client, "not the password") == 401
    assert logged_in(client) == 303
    cookie = next(cookie for cookie in client.cookies.jar if cookie.name == "tribunal_session")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "strict"
    for page in PAGES:
        assert client.get(page).status_code == 200


def test_a_session_that_was_not_used_has_ended(operator: Operator) -> None:
    clock = TurnedClock()
    client = client_on(KEPT, operator, clock)
    assert logged_in(client) == 303
    clock.turn(IDLE + timedelta(seconds=1))
    assert client.get("/").headers["location"] == "/login"


def test_a_forged_request_changes_nothing(operator: Operator) -> None:
    client = client_on(KEPT, operator)
    assert logged_in(client) == 303
    token = csrf_of(client)
    assert len(token) > 30
    assert client.post("/logout").status_code == 403
    assert client.post("/logout", headers={"x-csrf-token": "x" * len(token)}).status_code == 403
    assert client.post("/logout", headers={"x-csrf-token": token, "sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/logout", headers={"x-csrf-token": token, "origin": "http://evil.example"}).status_code == 403
    assert client.get("/").status_code == 200
    assert client.post("/logout", headers={"x-csrf-token": token, "origin": "http://testserver"}).status_code == 204
    assert client.get("/").status_code == 303


def test_a_form_that_another_site_made_logs_nobody_in(operator: Operator) -> None:
    client = client_on(KEPT, operator)
    client.get("/login")
    assert client.post("/login", data={"password": PASSWORD, "form": "forged"}).status_code == 403
    assert client.get("/").status_code == 303


def test_too_many_wrong_passwords_lock_out(operator: Operator) -> None:
    client = client_on(KEPT, operator)
    assert [logged_in(client, "not the password") for _ in range(TRIES)] == [401] * TRIES
    form = client.get("/login").text.partition('name="form" value="')[2].partition('"')[0]
    answer = client.post("/login", data={"password": PASSWORD, "form": form})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 600


def test_a_token_of_scope_read_reads_and_steers_nothing(operator: Operator) -> None:
    with_token, token = operator.with_token("grafana", "read")
    client = client_on(KEPT, with_token)
    bearer = {"authorization": f"Bearer {token}"}
    assert client.get("/api/status", headers=bearer).json()["head"]["run"] == KEPT.name
    assert client.post("/logout", headers=bearer).status_code == 403
    assert client.get("/api/status", headers={"authorization": "Bearer trib_wrong"}).status_code == 401
    assert client.get("/api/status", headers={"authorization": token}).status_code == 401


def test_no_answer_holds_a_key_a_seal_or_a_hash(operator: Operator) -> None:
    with_token, token = operator.with_token("t", "read")
    client = client_on(KEPT, with_token)
    assert logged_in(client) == 303
    assert operator.password_hash is not None
    name = client.get("/api/decisions").json()["decisions"][0]["decision_id"]
    paths = (
        *PAGES,
        *(f"/api/{each}" for each in REST if each != "openapi.json"),
        f"/decisions/{name}",
        f"/api/decisions/{name}",
    )
    for path in paths:
        text = client.get(path).text
        for secret in (KEY, token, operator.password_hash, PASSWORD):
            assert secret not in text, path
        assert '"seal"' not in text, path


def test_a_script_in_what_others_wrote_stays_text() -> None:
    told = [_hostile(recorded.event) for recorded in events(KEPT)]
    client = TestClient(app_on(window_on(KEPT, told), KEPT))
    page = client.get("/debate").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert "<script>alert(1)" not in client.get("/decisions").text


def test_before_the_session_begins_it_waits_and_says_so() -> None:
    client = TestClient(app_on(Window("r"), KEPT))
    assert client.get("/").status_code == 503
    assert "has not begun yet" in client.get("/").text
    assert client.get("/api/status").status_code == 503
    ready = client.get("/ready")
    assert ready.status_code == 503
    assert "the start of the session is not known yet" in ready.json()["reasons"]


def test_ready_says_why_not() -> None:
    window = window_on(KEPT)
    client = TestClient(app_on(window, KEPT))
    assert client.get("/ready").json() == {"ok": True, "reasons": []}
    window.fail("Event 7 does not fit the chain.")
    assert client.get("/ready").json()["reasons"] == ["Event 7 does not fit the chain."]
    assert "does not fit the chain" in client.get("/").text


def test_decisions_are_found_by_words_and_told_page_by_page(open_client: TestClient) -> None:
    whole = open_client.get("/api/decisions?limit=200").json()
    assert whole["found"] == len(whole["decisions"]) > 1
    symbol = whole["decisions"][0]["symbol"].lower()
    found = open_client.get(f"/api/decisions?limit=200&q={symbol} {whole['decisions'][0]['ruling']}").json()
    assert 0 < found["found"] <= whole["found"]
    assert {each["symbol"].lower() for each in found["decisions"]} == {symbol}
    assert open_client.get("/api/decisions?q=no-such-word").json()["found"] == 0
    second = open_client.get("/api/decisions?limit=1&offset=1").json()
    assert second["decisions"] == whole["decisions"][1:2]
    assert "Nothing matches" in open_client.get("/decisions?q=<b>").text
    assert "<b><b></b>" not in open_client.get("/decisions?q=<b>").text


def _hostile(event: Journaled) -> Journaled:
    """The same event, with a script in what the analyst says and in the ruling."""
    if not isinstance(event, CycleRecord) or not event.hearings:
        return event
    script = "<script>alert(1)</script>"
    hearings = tuple(
        hearing.model_copy(update={"ruling": hearing.ruling.model_copy(update={"why": script})})
        for hearing in event.hearings
    )
    return event.model_copy(update={"hearings": hearings})


def test_the_page_of_a_run_elsewhere_names_where_it_lies(tmp_path: Path) -> None:
    assert "change nothing" in client_on(KEPT).get("/").text
