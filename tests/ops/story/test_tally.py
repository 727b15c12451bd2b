"""What a rule cut and took is counted of signed orders, against a cap that is one."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from agents.court.hearing import Hearing
from ops.story.tally import RuleCount, StoryTally
from risk.verdict import Reaction, RuleReport

D = Decimal
Maker = Callable[[str, int], Hearing]


def cap(code: str, notional: int, reaction: Reaction = Reaction.PASS) -> RuleReport:
    return RuleReport(
        code=code, number=0.1, limit=0.2, unit="of equity", reaction=reaction, notional_cap=Decimal(notional)
    )


def counted(hearing: Hearing, binding: str, *rules: RuleReport) -> dict[str, RuleCount]:
    tally = StoryTally()
    verdict = hearing.verdict.model_copy(update={"binding_rule": binding, "rules": rules})
    tally.hear(hearing.model_copy(update={"verdict": verdict}))
    return tally.rules


def test_what_a_cap_took_is_the_way_to_the_next_times_what_the_court_left(make_hearing: Maker) -> None:
    rules = counted(
        make_hearing("traded", 1), "kelly", cap("kelly", 300, Reaction.CUT), cap("position", 500), cap("scale", 150)
    )
    assert (rules["kelly"].cut, rules["kelly"].taken) == (1, D(100))


@pytest.mark.parametrize(("tail", "taken"), [(500, D(200)), (700, D(100))])
def test_a_tail_that_was_asked_up_to_the_position_limit_only_does_not_hide_what_that_took(
    make_hearing: Maker, tail: int, taken: Decimal
) -> None:
    rules = counted(
        make_hearing("traded", 1),
        "position",
        cap("position", 500, Reaction.CUT),
        cap("kelly", 900),
        cap("var_1d", tail),
        cap("es_1d", 500),
    )
    assert rules["position"].taken == taken


def test_a_tail_that_binds_took_what_the_position_limit_would_have_left(make_hearing: Maker) -> None:
    rules = counted(
        make_hearing("traded", 1),
        "es_1d",
        cap("position", 500),
        cap("kelly", 900),
        cap("var_1d", 500),
        cap("es_1d", 400, Reaction.CUT),
    )
    assert rules["es_1d"].taken == D(50)


@pytest.mark.parametrize(("net", "taken"), [(300, D(100)), (400, D(50))])
def test_net_leverage_on_spot_does_not_hide_what_gross_leverage_took(
    make_hearing: Maker, net: int, taken: Decimal
) -> None:
    rules = counted(
        make_hearing("traded", 1),
        "gross_leverage",
        cap("position", 500),
        cap("gross_leverage", 300, Reaction.CUT),
        cap("net_leverage", net),
        cap("scale", 150),
    )
    assert rules["gross_leverage"].taken == taken
    assert "net_leverage" not in rules


def test_a_single_cap_has_no_notional_taken(make_hearing: Maker) -> None:
    rules = counted(make_hearing("traded", 1), "position", cap("position", 500, Reaction.CUT), cap("es_1d", 500))
    assert (rules["position"].cut, rules["position"].taken) == (1, D(0))


def test_what_the_court_made_too_small_counts_for_that_rule_and_as_no_cut(make_hearing: Maker) -> None:
    small = RuleReport(code="min_notional", number=3.0, limit=5.0, unit="quote", reaction=Reaction.REFUSE)
    rules = counted(
        make_hearing("refused", 1), "min_notional", cap("kelly", 9, Reaction.CUT), cap("position", 500), small
    )
    assert {code: (did.bound, did.refused, did.cut, did.taken) for code, did in rules.items()} == {
        "min_notional": (1, 1, 0, D(0))
    }


def test_a_cap_that_leaves_less_than_the_venue_takes_has_refused_it_and_not_the_venue(make_hearing: Maker) -> None:
    small = RuleReport(code="min_notional", number=0.0, limit=5.0, unit="quote", reaction=Reaction.REFUSE)
    rules = counted(
        make_hearing("refused", 1), "min_notional", cap("kelly", 0, Reaction.CUT), cap("position", 500), small
    )
    assert {code: (did.bound, did.refused, did.cut) for code, did in rules.items()} == {"kelly": (1, 1, 0)}


def test_a_cap_that_leaves_less_than_is_held_has_refused_the_enlargement(make_hearing: Maker) -> None:
    held = RuleReport(code="share", number=40.0, limit=None, unit="quote held", reaction=Reaction.REFUSE)
    rules = counted(make_hearing("refused", 1), "share", cap("kelly", 0, Reaction.CUT), cap("position", 500), held)
    assert {code: (did.bound, did.refused) for code, did in rules.items()} == {"kelly": (1, 1)}
    rules = counted(make_hearing("refused", 1), "share", cap("record", 150, Reaction.CUT), cap("position", 500), held)
    assert {code: (did.bound, did.refused) for code, did in rules.items()} == {"share": (1, 1)}
