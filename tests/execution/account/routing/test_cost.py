"""What one more unit costs, all in."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from execution.account.routing.cost import all_in
from execution.account.routing.routed import Candidate, cheapest
from market.book import Level

D = Decimal
BOOK = (Level(D(100), D(1)), Level(D(102), D(2)))
prices = st.decimals(min_value="0.01", max_value="99999", places=2)
sizes = st.decimals(min_value="0.001", max_value="50", places=3)


def test_a_book_is_walked_level_by_level() -> None:
    found = all_in(BOOK, D(2), fee_bps=D(0), fee_in_base=False, funding=D(0))
    assert found is not None
    assert (found.book, found.fee, found.funding, found.cost) == (D(101), D(0), D(0), D(101))


def test_a_book_that_shows_less_has_no_cost() -> None:
    assert all_in(BOOK, D("3.001"), fee_bps=D(0), fee_in_base=False, funding=D(0)) is None


def test_a_fee_that_is_taken_out_of_what_was_bought_costs_a_little_more_than_one_beside() -> None:
    beside = all_in(BOOK, D(1), fee_bps=D(100), fee_in_base=False, funding=D(0))
    out_of_it = all_in(BOOK, D(1), fee_bps=D(100), fee_in_base=True, funding=D(0))
    assert beside is not None
    assert out_of_it is not None
    assert beside.cost == D(101)
    assert out_of_it.cost == D("101.010101010101")  # 100 / 0.99: of each unit that is paid for, 0.99 arrive


def test_funding_that_is_received_makes_it_cheaper() -> None:
    found = all_in(BOOK, D(1), fee_bps=D(0), fee_in_base=False, funding=D("-0.01"))
    assert found is not None
    assert found.cost == D(99)


@given(st.lists(st.tuples(prices, sizes), min_size=1, max_size=8), sizes, st.integers(0, 500), st.booleans())
def test_it_is_what_exact_fractions_say(
    levels: list[tuple[Decimal, Decimal]], wanted: Decimal, fee: int, in_base: bool
) -> None:
    asks = [Level(price, size) for price, size in sorted(levels)]
    found = all_in(asks, wanted, fee_bps=D(fee), fee_in_base=in_base, funding=D("0.0005"))
    left, paid = Fraction(wanted), Fraction(0)
    for price, size in asks:
        part = min(left, Fraction(size))
        paid, left = paid + part * Fraction(price), left - part
    if left:
        assert found is None
        return
    assert found is not None
    rate, average = Fraction(fee, 10_000), paid / Fraction(wanted)
    cost = (average / (1 - rate) if in_base else average * (1 + rate)) + average * Fraction("0.0005")
    assert abs(Fraction(found.cost) - cost) <= Fraction(3, 2 * 10**12)


def candidate(name: str, cost: str) -> Candidate:
    return Candidate(account=name, book=D(cost), fee=D(0), funding=D(0), cost=D(cost), free=D(1))


def test_the_cheapest_wins_and_the_first_of_those_within_a_basis_point() -> None:
    dear, cheap, alike = candidate("a", "100.02"), candidate("b", "100"), candidate("c", "100.009")
    assert cheapest([], ()) is None
    assert cheapest([dear, cheap, alike], ()) == cheap
    assert cheapest([alike, cheap], ()) == alike


def test_within_a_basis_point_the_one_that_holds_something_of_the_market_wins() -> None:
    first, second = candidate("a", "100"), candidate("b", "100.009")
    assert cheapest([first, second], {"b"}) == second
    assert cheapest([first, candidate("b", "100.011")], {"b"}) == first
