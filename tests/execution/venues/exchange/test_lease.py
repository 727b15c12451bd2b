"""One session an account on this machine."""

from pathlib import Path

import pytest

from config.errors import UsageFault
from execution.venues.exchange.lease import account_lock


def test_a_second_session_on_the_account_is_refused_and_one_on_another_account_is_not(tmp_path: Path) -> None:
    with account_lock(tmp_path, "a1"):
        with pytest.raises(UsageFault, match="Another session trades on this account"), account_lock(tmp_path, "a1"):
            pytest.fail("two sessions would sell each other's coins")
        with account_lock(tmp_path, "b2"):
            pass
    with account_lock(tmp_path, "a1"):
        pass
