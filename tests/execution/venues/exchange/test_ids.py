"""Client ids: the same after a restart, of letters and digits, and known as ours or another's by themselves."""

import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.venues.exchange.ids import LENGTH, SENDINGS, ClientIds

NAMES = st.text(min_size=1, max_size=60)


@given(NAMES, NAMES, st.integers(0, SENDINGS - 1))
def test_an_id_is_32_hexadecimal_digits_in_the_shape_of_a_uuid_and_the_same_each_time(
    run: str, order_id: str, n: int
) -> None:
    client_id = ClientIds("binance live", run).of(order_id, n)
    assert client_id == ClientIds("binance live", run).of(order_id, n)
    assert len(client_id) == LENGTH == 32
    assert set(client_id) <= set(string.hexdigits.lower())
    assert uuid.UUID(client_id).version == 4


def test_ids_differ_by_account_run_order_and_sending() -> None:
    made = {
        ClientIds(account, run).of(order_id, n)
        for account in ("binance live", "kraken live")
        for run in ("a", "b")
        for order_id in ("o", "o-x1", "o-x11")
        for n in range(SENDINGS)
    }
    assert len(made) == 2 * 2 * 3 * SENDINGS


def test_a_known_order_is_found_by_each_of_its_ids_and_an_unknown_one_with_our_mark_is_foreign() -> None:
    ids = ClientIds("binance live", "run")
    ids.know(("o",))
    assert {ids.order_of(ids.of("o", n)) for n in range(SENDINGS)} == {"o"}
    assert not ids.foreign(ids.of("o"))
    other = ClientIds("binance live", "another run").of("o")
    assert (ids.order_of(other), ids.foreign(other)) == (None, True)


@pytest.mark.parametrize("client_id", [None, "", "x-TKT5PX2Ff6ce9bffbd279982aa709f", "web_1", "0" * 32])
def test_an_order_that_the_user_placed_elsewhere_is_neither_ours_nor_foreign(client_id: str | None) -> None:
    ids = ClientIds("binance live", "run")
    assert (ids.order_of(client_id), ids.foreign(client_id)) == (None, False)


@pytest.mark.parametrize("sending", [-1, SENDINGS])
def test_there_is_no_id_for_a_sending_beyond_the_last(sending: int) -> None:
    with pytest.raises(ValueError, match="at most"):
        ClientIds("binance live", "run").of("o", sending)
