"""What a replay says: identical, and how it was compared; or the first difference, as a diff; or what other limits change."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from gate_support import AT, proposal

from agents.court.hearing import Hearing
from agents.recorded.rerun import Difference
from agents.records.events import read_events
from agents.records.record import Warmup
from ops.tables.replayed import Counted, WhatIf, show_difference, show_identical, show_what_if
from risk.breakers import BreakerEvent
from risk.proposal import Proposal
from risk.verdict import Outcome, Verdict

Shown = pytest.CaptureFixture[str]
TRIPPED = BreakerEvent(breaker="turbulence", at_utc=AT, action="tripped", why="7.1 sigmas in one bar")


def counted(**changes: object) -> Counted:
    return Counted(bars=1440, events=2001, by_value={}, left_out={})._replace(**changes)


def test_a_run_that_came_out_the_same_to_the_byte_says_so_in_one_line(capsys: Shown) -> None:
    show_identical("paper-001", counted(), ended=True, as_json=False)
    assert capsys.readouterr().out == (
        "paper-001: identical. 1,440 bars and 2,001 events recomputed, every byte the same.\n"
    )


def test_events_of_older_versions_are_told_apart_and_what_was_left_out_is_named(capsys: Shown) -> None:
    older = counted(by_value={"cycle": 40, "order@2": 3}, left_out={"cycle": ("votes.weight", "tape.source")})
    show_identical("old", older, ended=True, as_json=False)
    first, second = capsys.readouterr().out.splitlines()
    assert "(40 of cycle version 1, 3 of order version 2)" in first
    assert second == "Of cycle version 1 not compared, since a rule has changed: votes.weight, tape.source."


def test_a_journal_without_an_end_is_identical_and_says_how_to_go_on(capsys: Shown) -> None:
    show_identical("cut", counted(), ended=False, as_json=False)
    shown = capsys.readouterr().out
    assert "The journal has no closing event" in shown
    assert "--resume" in shown


def test_as_json_there_is_one_object_that_mentions_older_versions_only_if_there_are_some(capsys: Shown) -> None:
    show_identical("run", counted(), ended=False, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found == {"run": "run", "identical": True, "bars": 1440, "events": 2001, "ended": False}
    show_identical("run", counted(by_value={"cycle": 1}, left_out={"cycle": ("a",)}), ended=True, as_json=True)
    older = json.loads(capsys.readouterr().out)
    assert (older["by_value"], older["left_out"], older["ended"]) == ({"cycle": 1}, {"cycle": ["a"]}, True)


def test_a_difference_shows_the_place_and_the_fields_that_differ(
    make_run: Callable[..., Path], key: bytes, capsys: Shown
) -> None:
    folder = make_run(bars=20)
    recorded = next(each for each in read_events(folder / "journal.db", key) if isinstance(each.event, BreakerEvent))
    assert isinstance(recorded.event, BreakerEvent)
    now = recorded.event.model_copy(update={"why": "8.2 sigmas in one bar"})
    show_difference("run", Difference(recorded, now))
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == f"run: different at event {recorded.seq} (breaker@3)."
    changed = [line for line in lines if line[0] in "+-" and not line.startswith(("+++", "---"))]
    assert [line.lstrip("+- ").partition(":")[0] for line in changed] == ['"why"', '"why"']
    assert "7.1 sigmas" in changed[0]
    assert "8.2 sigmas" in changed[1]


def test_an_event_after_the_last_one_is_shown_as_new(capsys: Shown) -> None:
    show_difference("run", Difference(None, TRIPPED))
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == "run: different at after its last event, a new breaker."
    assert any(line.startswith('+ "breaker": "turbulence"') for line in lines)


def test_a_long_difference_is_cut_and_says_by_how_much(capsys: Shown) -> None:
    bars = tuple((n, {"BTC/USDT": (1.0, 2.0, 0.5, 1.5, 9.0)}) for n in range(30))
    show_difference("run", Difference(None, Warmup(slices=bars)))
    head, *lines, last = capsys.readouterr().out.splitlines()
    assert head == "run: different at after its last event, a new warmup."
    assert len(lines) == 60
    whole = len(json.dumps(json.loads(Warmup(slices=bars).canonical()), indent=1).splitlines())
    assert last == f"... and {whole + 3 - 60} more lines"


def test_a_difference_within_a_decision_names_it(make_hearing: Callable[[str, int], Hearing], capsys: Shown) -> None:
    order = make_hearing("traded", 1).verdict.order
    assert order is not None
    show_difference("run", Difference(None, order))
    assert f" of decision {order.decision_id}.\n" in capsys.readouterr().out


def asked(number: int) -> Proposal:
    return proposal(decision_id=f"d{number}", as_of_utc=AT + timedelta(hours=number))


def verdict(given: Proposal, notional: int | None, rule: str) -> Verdict:
    """A verdict as the table reads it: nobody but the gate can make a whole one with a seal."""
    outcome = Outcome.REFUSED if notional is None else Outcome.SIGNED
    return Verdict.model_construct(
        decision_id=given.decision_id, symbol=given.symbol, as_of_utc=given.as_of_utc, outcome=outcome,
        binding_rule=rule, rules=(), notional=Decimal(notional or 0),
    )  # fmt: skip


@pytest.fixture
def judged() -> list[WhatIf]:
    """One that is cut, one that is refused, one whose rule changes and not its size, one that stays."""
    rows = [((500, "kelly"), (300, "position")), ((400, "kelly"), (None, "correlation"))]
    rows += [((200, "kelly"), (200, "position")), ((None, "ruling"), (None, "ruling"))]
    return [
        WhatIf(asked(n), verdict(asked(n), *then), verdict(asked(n), *other)) for n, (then, other) in enumerate(rows)
    ]


def test_only_what_other_limits_change_stands_in_the_table(judged: list[WhatIf], capsys: Shown) -> None:
    show_what_if(judged, as_json=False)
    shown = capsys.readouterr().out
    assert shown.startswith("4 proposals reached the gate; these limits change its word on 2.")
    rows = {line.split()[1]: line for line in shown.splitlines() if line.split()[1:2] and line.split()[1][0] == "d"}
    assert {"d0", "d1"} <= set(rows)
    assert not {"d2", "d3"} & set(rows)
    assert "500.00" in rows["d0"]
    assert "300.00" in rows["d0"]
    assert "correlation" in rows["d1"]


def test_where_nothing_changes_there_is_a_sentence_and_no_table(judged: list[WhatIf], capsys: Shown) -> None:
    show_what_if(judged[2:], as_json=False)
    shown = capsys.readouterr().out
    assert "change its word on 0." in shown
    assert len(shown.splitlines()) == 1


def test_as_json_each_change_has_both_words(judged: list[WhatIf], capsys: Shown) -> None:
    show_what_if(judged, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["proposals"] == 4
    assert [row["decision"] for row in found["changed"]] == ["d0", "d1"]
    assert found["changed"][1]["actual"] == ["signed", "400.00", "kelly"]
    assert found["changed"][1]["other"] == ["refused", "-", "correlation"]
