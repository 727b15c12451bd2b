"""A report that tells anything is not taken for an empty one."""

import pytest

from execution.reports import CloseOnly, Funding, VenueAccount, VenueReport

TOLD = {
    "states": (object(),),
    "fills": (object(),),
    "funding": (Funding.model_construct(),),
    "account": VenueAccount.model_construct(),
    "books": {"BTC/USDT": object()},
    "close_only": dict[str, CloseOnly](),
    "books_at": {"binance": {"BTC/USDT": object()}},
    "close_only_at": {"binance": dict[str, CloseOnly]()},
}


@pytest.mark.parametrize("name", VenueReport.model_fields)
def test_a_report_with_one_thing_in_it_is_heard(name: str) -> None:
    assert not VenueReport.model_construct(**{name: TOLD[name]}).is_empty


def test_a_report_with_nothing_in_it_is_not() -> None:
    assert VenueReport().is_empty
