"""Steering by REST and from the page: who may, what is asked twice, and what came of it. Every verb of the table is tried."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from kept_journals import KEY
from starlette.testclient import TestClient
from steer_support import SYMBOL, Steerable, is_halted, petition
from window_support import PASSWORD, TurnedClock, app_on, csrf_of, logged_in, steered_by

from agents.approval.box import Petitions
from agents.approval.petition import Approval
from execution.kill_switch.halting import Halt, HaltEvent, Lifted
from execution.steering.words import ROWS
from ops.live.auth.operator import Operator
from ops.live.beating.heartbeat import FILE, Beating
from ops.live.steering.verbs import GIVEN, VERBS, Offered, Way

AT = datetime(2024, 3, 1, tzinfo=UTC)
SCRIPT = "<img src=x onerror=alert(1)><script>alert(1)</script>"
each_verb = pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
each_given = pytest.mark.parametrize("verb", GIVEN, ids=lambda verb: verb.name)


class Scene(NamedTuple):
    """A session that can be steered, and who asks."""

    session: Steerable
    client: TestClient
    clock: TurnedClock
    state: Path
    read: dict[str, str]
    steer: dict[str, str]
    box: Petitions


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    session, clock = Steerable(tmp_path), TurnedClock()
    operator, read = Operator().with_password(PASSWORD).with_token("looker", "read")
    operator, steer = operator.with_token("desk", "steer")
    client = TestClient(app_on(session.window, session.folder, operator, clock), follow_redirects=False)
    box = Petitions(session.folder, clock)
    return Scene(session, client, clock, tmp_path / "state", steered_by(read), steered_by(steer), box)


def ask_for(scene: Scene, notional: str = "612.5", reason: str = "analyst: up") -> str:
    asked = petition(notional, reason)
    scene.box.ask(asked, scene.clock.now() + timedelta(seconds=60))
    return asked.decision_id


def body_of(scene: Scene, verb: Offered, confirm: str | None = None) -> dict[str, str]:
    """What a program sends for a verb, with the words that confirm it."""
    target = {"symbol": SYMBOL, "strategy": "", "decision": ""}.get(
        verb.target.value if verb.target else "decision", ""
    )
    if verb.way is Way.PETITION:
        target = ask_for(scene)
    elif verb.target is not None and verb.target.value == "strategy":
        target = next(each for each in scene.client.get("/api/steer", headers=scene.steer).json() if each["name"] == verb.name)[
            "targets"
        ][0]  # fmt: skip
    if confirm is None:
        wanted = scene.client.get(
            "/api/steer/confirmation", params={"verb": verb.name, "target": target}, headers=scene.steer
        ).json()
        assert wanted["told"]
        confirm = wanted["words"]
    return {"verb": verb.name, "target": target, "why": "looked into it", "confirm": confirm}


def nothing_was_asked(scene: Scene) -> bool:
    return scene.session.words == 0 and not is_halted(scene.state) and not list(scene.box.path.glob("*.answer.json"))


def test_the_surfaces_offer_what_the_table_of_words_has_and_two_verbs_for_petitions(scene: Scene) -> None:
    offered = [each["name"] for each in scene.client.get("/api/steer", headers=scene.read).json()]
    shown = [row.name for row in ROWS if not row.has_direction]
    assert offered == [*shown, "approve", "reject"]
    assert logged_in(scene.client) == 303
    page = scene.client.get("/operator").text
    assert re.findall(r'name="verb" value="(\w+)"', page) == shown
    confirmation = scene.client.get(
        "/api/steer/confirmation", params={"verb": "propose", "target": SYMBOL}, headers=scene.steer
    )
    assert (confirmation.status_code, "There is no verb" in confirmation.json()["detail"]) == (409, True)


@each_verb
def test_who_may_not_steer_is_refused_every_verb(scene: Scene, verb: Offered) -> None:
    body = body_of(scene, verb)
    confirmation = f"/api/steer/confirmation?verb={verb.name}"
    assert scene.client.post("/api/steer", json=body).status_code == 401
    assert scene.client.post("/api/steer", json=body, headers=steered_by("trib_wrong")).status_code == 401
    refused = scene.client.post("/api/steer", json=body, headers=scene.read)
    assert (refused.status_code, refused.json()["detail"]) == (403, "this needs the scope 'steer'")
    assert scene.client.get(confirmation, headers=scene.read).status_code == 403
    assert scene.client.post("/operator/give", data=body, headers=scene.read).status_code == 403
    assert nothing_was_asked(scene)


@each_verb
def test_a_browser_must_carry_its_token_and_come_from_no_other_site(scene: Scene, verb: Offered) -> None:
    body = body_of(scene, verb)
    assert logged_in(scene.client) == 303
    token = csrf_of(scene.client)
    for headers in (
        {},
        {"x-csrf-token": "x" * len(token)},
        {"x-csrf-token": token, "sec-fetch-site": "cross-site"},
        {"x-csrf-token": token, "origin": "http://evil.example"},
    ):
        for path, sent in (("/api/steer", {"json": body}), ("/operator/give", {"data": body})):
            assert scene.client.post(path, headers=headers, **sent).status_code == 403, (path, headers)  # type: ignore[arg-type]
    assert nothing_was_asked(scene)


@each_verb
def test_without_its_words_no_verb_is_given(scene: Scene, verb: Offered) -> None:
    body = body_of(scene, verb)
    for typed in ("", "yes", body["confirm"].lower(), f"{body['confirm']}x"):
        answer = scene.client.post("/api/steer", json=body | {"confirm": typed}, headers=scene.steer)
        assert answer.status_code == 409
        assert f"To confirm this, give: {body['confirm']}" in answer.json()["detail"]
    assert nothing_was_asked(scene)


@each_given
def test_each_verb_that_was_confirmed_reaches_the_session_with_who_and_where(scene: Scene, verb: Offered) -> None:
    if verb.name == "unhalt":
        scene.client.post("/api/steer", json=body_of(scene, _named("halt")), headers=scene.steer)
    given = scene.client.post("/api/steer", json=body_of(scene, verb), headers=scene.steer)
    assert given.status_code == 202, given.text
    if verb.way is Way.LATCH:
        assert is_halted(scene.state) is (verb.name != "unhalt")
        assert "desk (rest)" in (scene.state / "halt" / "log.jsonl").read_text()
        return
    word = scene.session.mailbox.take(lambda text: None)
    assert word is not None
    assert (word.verb.value, word.who, word.via, word.why) == (verb.name, "desk", "rest", "looked into it")
    assert given.json()["state"] == "waiting"


@each_given
def test_what_takes_a_brake_off_needs_a_reason(scene: Scene, verb: Offered) -> None:
    answer = scene.client.post("/api/steer", json=body_of(scene, verb) | {"why": " "}, headers=scene.steer)
    assert answer.status_code == (202 if verb.is_brake else 409)
    assert verb.is_brake or "say why it is safe" in answer.json()["detail"]


def test_the_result_is_what_the_journal_tells_and_stands_in_the_list(scene: Scene) -> None:
    ref = scene.client.post("/api/steer", json=body_of(scene, _named("pause")), headers=scene.steer).json()["ref"]
    assert scene.client.get(f"/api/steer/{ref}", headers=scene.read).json()["state"] == "waiting"
    assert scene.session.hear(AT, "failed", "an entry is of unknown fate") == "pause"
    found = scene.client.get(f"/api/steer/{ref}", headers=scene.read).json()
    assert (found["state"], found["told"]) == ("failed", "an entry is of unknown fate")
    done = scene.client.get("/api/actions", headers=scene.read).json()[0]
    assert [done[name] for name in ("who", "via", "verb", "why", "state")] == [
        "desk", "rest", "pause", "looked into it", "failed",
    ]  # fmt: skip
    assert scene.client.get("/api/steer/nothing", headers=scene.read).status_code == 404


def test_a_word_that_was_not_heard_is_shown_and_withdrawn_by_who_may_steer(scene: Scene) -> None:
    sent = body_of(scene, _named("pause"))
    first, second = (scene.client.post("/api/steer", json=sent, headers=scene.steer).json()["ref"] for _ in range(2))
    assert {word["ref"] for word in scene.client.get("/api/words", headers=scene.read).json()} == {first, second}
    assert scene.client.delete(f"/api/steer/{first}", headers=scene.read).status_code == 403
    assert scene.client.delete(f"/api/steer/{first}").status_code == 401
    gone = scene.client.delete(f"/api/steer/{first}", headers=scene.steer).json()
    assert (gone["state"], "withdrawn by desk (rest)" in gone["told"]) == ("refused", True)
    assert scene.client.delete("/api/steer/nothing", headers=scene.steer).status_code == 409
    assert logged_in(scene.client) == 303
    page, token = scene.client.get("/operator").text, csrf_of(scene.client)
    assert "Not heard yet" in page
    assert second in page
    assert first not in page
    assert scene.client.post("/operator/withdraw", data={"ref": second}).status_code == 403
    assert scene.session.mailbox.take(lambda text: None) is not None
    late = scene.client.post("/operator/withdraw", data={"ref": second}, headers={"x-csrf-token": token})
    assert "It is too late to withdraw it" in late.text
    assert "Not heard yet" not in scene.client.get("/operator").text


def test_a_word_is_withdrawn_although_nobody_can_be_answered_and_one_that_cannot_be_removed_is_told(
    scene: Scene,
) -> None:
    ref = scene.client.post("/api/steer", json=body_of(scene, _named("pause")), headers=scene.steer).json()["ref"]
    folder = scene.session.mailbox.path
    (folder / "answers").write_text("a file where the folder of answers should be")
    gone = scene.client.delete(f"/api/steer/{ref}", headers=scene.steer).json()
    assert (gone["state"], gone["told"]) == (
        "refused",
        "It was withdrawn before the session heard it. Nothing was done.",
    )
    assert scene.session.mailbox.waiting() == ()
    (folder / "x.json").mkdir()
    kept = scene.client.delete("/api/steer/x", headers=scene.steer)
    assert kept.status_code in (409, 503)
    assert "Nothing was withdrawn" in kept.text


def test_a_halt_is_done_when_the_session_has_read_it_and_flat_when_the_exchange_says_so(scene: Scene) -> None:
    ref = scene.client.post("/api/steer", json=body_of(scene, _named("halt_flatten")), headers=scene.steer).json()[
        "ref"
    ]
    given = datetime.fromisoformat(ref.partition("@")[2])

    def stands(name: str = ref) -> tuple[str, str]:
        told = scene.client.get(f"/api/steer/{name}", headers=scene.read).json()
        return told["state"], told["told"]

    assert stands() == ("heard", "It holds. The session has not read it yet.")
    halts = (Halt(scope="all", who="desk (rest)", given_utc=given, why="x", flatten=True),)
    scene.session.tell(HaltEvent(action="halted", look=1, as_of_utc=AT, halts=halts))
    assert stands()[0] == "heard"
    scene.session.tell(HaltEvent(action="flat", look=1, as_of_utc=AT, halts=halts))
    assert stands() == ("done", "All is sold, by the exchange's word.")
    lift = scene.client.post("/api/steer", json=body_of(scene, _named("unhalt")), headers=scene.steer).json()["ref"]
    lifted = Lifted(
        scope="all", who="desk (rest)", given_utc=datetime.fromisoformat(lift.partition("@")[2]), why="looked into it"
    )
    scene.session.tell(HaltEvent(action="resumed", look=2, as_of_utc=AT, lifted=(lifted,)))
    assert stands(lift)[0] == "done"
    done = scene.client.get("/api/actions", headers=scene.read).json()
    assert [(each["verb"], each["who"], each["via"]) for each in done] == [
        ("unhalt", "desk", "rest"),
        ("halt_flatten", "desk", "rest"),
    ]


@each_given
def test_a_session_that_has_ended_is_asked_nothing_and_the_latch_works_all_the_same(
    scene: Scene, verb: Offered
) -> None:
    body = body_of(scene, verb)
    scene.session.end()
    answer = scene.client.post("/api/steer", json=body, headers=scene.steer)
    if verb.way is Way.LATCH:
        assert (answer.status_code, answer.json()["state"]) == (202, "done")
    else:
        assert answer.status_code == 409
        assert "has ended, so nobody hears it" in answer.json()["detail"]
        assert scene.session.words == 0


def test_a_session_on_the_clock_whose_process_is_gone_is_asked_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    session, clock = Steerable(tmp_path, "feed-0.5.0"), TurnedClock()
    operator, token = Operator().with_token("desk", "steer")
    client = TestClient(app_on(session.window, session.folder, operator, clock))
    wanted = {"verb": "pause", "why": "x", "confirm": f"PAUSE {session.folder.name}"}
    with Beating(session.folder, clock):
        beat = (session.folder / FILE).read_bytes()
        assert client.post("/api/steer", json=wanted, headers=steered_by(token)).status_code == 202
    (session.folder / FILE).write_bytes(beat)  # as a killed process leaves it: there, and locked by nobody
    answer = client.post("/api/steer", json=wanted, headers=steered_by(token))
    assert answer.status_code == 409
    assert "is gone, so nobody hears it. Nothing was asked. `tribunal run --resume`" in answer.json()["detail"]


def test_a_latch_that_cannot_be_written_is_told(scene: Scene) -> None:
    body = body_of(scene, _named("halt"))
    scene.state.write_text("no folder")
    answer = scene.client.post("/api/steer", json=body, headers=scene.steer)
    assert (answer.status_code, answer.json()["detail"][:10]) == (503, "NOT HALTED")


def test_a_target_that_the_session_does_not_have_is_refused(scene: Scene) -> None:
    for verb, target in (("close", "NO/SUCH"), ("strategy_off", "nobody"), ("close", ""), ("fly", "")):
        answer = scene.client.get(
            "/api/steer/confirmation", params={"verb": verb, "target": target}, headers=scene.steer
        )
        assert answer.status_code == 409, verb
        assert "Nothing was asked" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["approve", "reject"])
def test_a_petition_takes_its_first_answer_and_says_who_gave_it_where(scene: Scene, name: str) -> None:
    body = body_of(scene, _named(name))
    assert scene.client.get("/api/petitions", headers=scene.read).json()[0]["notional"] == "612.5"
    assert "waits for a yes" in scene.client.get("/", headers=scene.read).text
    given = scene.client.post("/api/steer", json=body, headers=scene.steer)
    assert (given.status_code, given.json()["state"]) == (202, "heard")
    said = scene.box.answer_to(body["target"])
    assert said is not None
    assert (said.approved, said.who, said.via) == (name == "approve", "desk", "rest")
    assert scene.client.post("/api/steer", json=body, headers=scene.steer).status_code == 409
    assert scene.client.get("/api/petitions", headers=scene.read).json() == []
    approval = Approval(
        decision_id=body["target"], symbol=SYMBOL, notional=Decimal("612.5"), approved=said.approved, who="rest: desk",
        answered_utc=AT, why=said.why,
    )  # fmt: skip
    scene.session.tell(approval)
    done = scene.client.get("/api/actions", headers=scene.read).json()[0]
    assert (done["verb"], done["who"], done["via"], done["state"]) == (name, "desk", "rest", "done")
    ref = given.json()["ref"]
    assert scene.client.get(f"/api/steer/{ref}", headers=scene.read).json()["state"] == "done"


def test_an_approval_names_its_amount_so_that_another_one_is_not_approved(scene: Scene) -> None:
    body = body_of(scene, _named("approve"))
    assert body["confirm"] == f"APPROVE {SYMBOL} 612.50"
    ask_for(scene, "9999")
    answer = scene.client.post("/api/steer", json=body, headers=scene.steer)
    assert answer.status_code == 409
    assert f"APPROVE {SYMBOL} 9999.00" in answer.json()["detail"]
    assert scene.box.answer_to(body["target"]) is None


def test_after_its_deadline_a_petition_is_not_shown_and_not_answered(scene: Scene) -> None:
    body = body_of(scene, _named("approve"))
    scene.clock.turn(timedelta(seconds=61))
    assert scene.client.get("/api/petitions", headers=scene.read).json() == []
    assert "its time is over" in scene.client.post("/api/steer", json=body, headers=scene.steer).json()["detail"]


def test_a_guest_sees_what_was_done_and_no_button(scene: Scene) -> None:
    client = TestClient(app_on(scene.session.window, scene.session.folder), follow_redirects=False)
    ask_for(scene)
    page = client.get("/operator").text
    assert "What humans have done" in page
    assert "waits for" in client.get("/").text
    assert "/operator/confirm" not in page
    assert "--set-password" in page
    assert client.get("/operator/confirm?verb=halt").status_code == 403
    assert client.post("/operator/give", data={"verb": "halt", "confirm": "HALT all"}).status_code == 403
    assert not is_halted(scene.state)


def test_script_in_a_reason_a_petition_or_a_name_is_text(scene: Scene) -> None:
    ask_for(scene, reason=SCRIPT)
    scene.client.post("/api/steer", json=body_of(scene, _named("pause")) | {"why": SCRIPT}, headers=scene.steer)
    scene.session.hear(AT, told=SCRIPT)
    assert logged_in(scene.client) == 303
    for path in ("/operator", "/", f"/operator/confirm?verb={SCRIPT}"):
        page = scene.client.get(path, headers={"hx-request": "true"}).text
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    assert html.escape("<script>") in scene.client.get("/operator").text


def test_a_part_of_a_page_says_that_the_session_of_the_browser_has_ended(scene: Scene) -> None:
    answer = scene.client.post("/operator/give", data={"verb": "halt"}, headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login")


def test_the_schema_names_what_steers(scene: Scene) -> None:
    paths = scene.client.get("/api/openapi.json", headers=scene.read).json()["paths"]
    assert {"post", "get"} <= paths["/api/steer"].keys()
    assert {"/api/steer/{ref}", "/api/steer/confirmation", "/api/petitions", "/api/actions"} <= paths.keys()
    assert {"post", "get"} <= paths["/api/decisions/{decision_id}/replay"].keys()


def _named(name: str) -> Offered:
    return next(verb for verb in VERBS if verb.name == name)
