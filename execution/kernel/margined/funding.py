"""Funding of perpetuals in the fast engine: what the simulated exchange settles at the open of a bar, before anything trades."""

from execution.kernel.compiled import compiled
from execution.kernel.exact import add, decimal_of, is_above, ratio, times
from execution.kernel.margined.isolated import free_of, rebind
from execution.kernel.margined.sides import negative, with_side
from execution.kernel.records import Record, Records


@compiled
def settle(dues: Records, rules: Records, limits: Record, account: Record, places: Records) -> None:
    """Pay what is due of what is held, out of the free wallet and then out of the position's margin; a short is paid what a long
    pays.

    `dues`, shape (n_dues,): records of DUE [quote]. `rules`, `places`, shape (n_symbols,): records of RULE and PLACE; `account`
    and `places` are changed.
    """
    for n in range(len(dues)):
        due, s = dues[n], dues[n].market
        place = places[s]
        if not place.held:
            continue
        worth = times(times((float(place.held), 0.0), (rules[s].lot[0], rules[s].lot[1])), decimal_of(due.price))
        quote = with_side(times((due.high, due.low), worth), place.side)
        amount = times(quote, (limits.quote_units, 0.0))
        free, margin = free_of(account), (place.margin[0], place.margin[1])
        most = add(free, margin if margin[0] > 0.0 else (0.0, 0.0))
        if is_above(amount, most):
            amount = most
        if is_above(amount, free):
            drawn = add((place.drawn[0], place.drawn[1]), add(amount, negative(free)))
            place.drawn[0], place.drawn[1] = drawn
        account.cash[0], account.cash[1] = add((account.cash[0], account.cash[1]), negative(amount))
        account.cash_quote = ratio((account.cash[0], account.cash[1]), (limits.quote_units, 0.0))
        rebind(rules[s], limits, account, place)
