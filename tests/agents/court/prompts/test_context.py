"""Figures beside the bars in a prompt: citable where there are any, nothing where there are none, and masked in blinded cases."""

import pytest
from court_support import AT, case, evidence

from agents.court.case import Case, lookup
from agents.court.grounding import is_grounded
from agents.court.prompts.blind import blind
from agents.court.prompts.render import render
from agents.llm.attempt import ROLES
from config.silence import Abstained
from market.context.catalogue import CATALOGUE
from market.context.view import MarketContext

KNOWN = {"funding_rate": 0.00012362, "vix": 14.44, "beta_btc": 1.0, "total_market_cap": 2.6123e12, "breadth_24h": 1 / 3}


def informed() -> Case:
    silent = Abstained(why="no dvol of BTC/USDT was known")
    context = MarketContext(symbol="BTC/USDT", as_of_utc=AT, values=KNOWN, missing={"dvol": silent})
    return case(context=context)


def test_a_figure_is_looked_up_by_its_name_and_a_missing_one_is_no_field() -> None:
    assert lookup(informed(), "context.vix") == 14.44
    for path in ("context.dvol", "context.nothing", "context"):
        with pytest.raises(KeyError):
            lookup(informed(), path)
    with pytest.raises(KeyError):
        lookup(case(), "context.vix")


def test_the_analyst_and_the_advocate_read_the_known_figures_and_can_cite_them() -> None:
    line = "context.funding_rate=0.0001236 context.vix=14.44 context.beta_btc=1 context.total_market_cap=2612000000000"
    for role in ROLES:
        assert (line in render(informed(), role)) is (role in ("analyst", "devils_advocate"))
    assert is_grounded(informed(), evidence("context.breadth_24h", 0.3333))
    assert not is_grounded(informed(), evidence("context.breadth_24h", 0.5))
    assert not is_grounded(informed(), evidence("context.dvol", 60.0))


@pytest.mark.parametrize("role", ROLES)
def test_without_a_context_or_a_known_figure_the_prompt_is_as_it_was(role: str) -> None:
    nothing = MarketContext(symbol="BTC/USDT", as_of_utc=AT, values={}, missing={"vix": Abstained(why="none")})
    plain = render(case(), role)  # type: ignore[arg-type]
    assert "context" not in plain
    assert render(case(context=nothing), role) == plain  # type: ignore[arg-type]


def test_a_blinded_case_hides_what_tells_the_time_and_which_market_btc_is() -> None:
    view = blind(informed())
    shown = render(view.real, "analyst", blind=view)
    assert "context.funding_rate=0.0001236 context.breadth_24h=0.3333" in shown
    assert not any(name in shown for name in ("vix", "total_market_cap", "beta_btc"))
    other = informed().model_copy(update={"symbol": "SOL/USDT"})
    assert "beta_btc" in render(other, "analyst", blind=blind(other))


def test_every_level_that_grows_with_the_years_is_hidden() -> None:
    in_money = {
        name for name, figure in CATALOGUE.items() if figure.unit in ("USD", "quote", "index", "% a year", "sat/vB")
    }
    assert in_money <= {name for name, figure in CATALOGUE.items() if figure.tells_when}
