"""Whether the ledger balances: what was earned, counted from lots, is what is there, counted from payments and quantities."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from config.errors import InvariantBroken
from execution.account.lots import Holding, Sums
from execution.exact import ZERO


def check_all(event: str, sums: Sums, owned: Iterable[Holding], held_value: Decimal) -> Decimal:
    """Return what is there [quote]. Raises InvariantBroken unless it is what was earned. In an exact context."""
    unrealised = sum([held.unrealised for held in owned], ZERO)
    earned, there = sums.earned(unrealised), sums.cash + held_value
    if earned != there:
        raise InvariantBroken(
            f"The ledger does not balance after {event}: start {sums.start} + realised {sums.realised} + "
            f"unrealised {unrealised} - fees {sums.fees} - funding {sums.funding} = {earned}, but cash {sums.cash} + "
            f"positions {held_value} = {there}. The session was stopped, since nothing after it can be trusted. Compare the "
            f"journal with the venue's trade list."
        )
    return there


def check_parts(
    event: str, whole: Sums, parts: Mapping[str, Sums], owned: Iterable[Holding], worth: Mapping[str, Decimal]
) -> None:
    """Raise InvariantBroken unless the identity holds for each of several exchanges, and their money is all the money.

    `worth`: what is at each of them, by name [quote]. In an exact context.
    """
    owned = tuple(owned)
    for name, sums in parts.items():
        earned = sums.earned(sum([held.unrealised for held in owned if held.account == name], ZERO))
        if earned != worth[name]:
            raise InvariantBroken(
                f"The ledger of {name} does not balance after {event}: {earned} were earned, and it has {worth[name]}. The "
                "session was stopped, since nothing after it can be trusted. Compare the journal with the exchange's trade "
                "list."
            )
    if sum([sums.cash for sums in parts.values()], ZERO) != whole.cash:
        raise InvariantBroken(
            f"The money of the exchanges is not the money of the session after {event}: {whole.cash}. The session was "
            "stopped. This is a defect of the program: keep the run's journal and report it."
        )
