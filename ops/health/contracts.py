"""What the exchange says of an account of perpetuals, in findings: position mode, margin mode, leverage and open positions.

A session sets the modes and the leverage itself where no position lies. So what differs is to be mended only under a position.
"""

from collections.abc import Sequence

from config.settings import Settings
from execution.venues.exchange.checkup import Account, Unheard
from market.catalogue import leverage_of
from ops.health.finding import Finding, ill, unasked, well

_SIDES, _MARGIN, _LEVERAGE, _POSITIONS = "position mode", "margin mode", "leverage", "positions"
_ALL = (_SIDES, _MARGIN, _LEVERAGE, _POSITIONS)
_SET = "A session sets it before its first order."
_UNDER = "It cannot be changed under a position: close that, or leave the market out."


def contract_findings(account: Account, settings: Settings, symbols: Sequence[str]) -> list[Finding]:
    """The findings of an account of perpetuals; none for spot."""
    modes, positions = account.modes, account.positions
    if modes is None or positions is None:
        return []
    silent = next((each for each in (modes, positions) if isinstance(each, Unheard)), None)
    if silent is not None or isinstance(modes, Unheard) or isinstance(positions, Unheard):
        why = "" if silent is None else silent.why
        return [unasked(check, f"Not told by the exchange ({why}).") for check in _ALL]
    wanted = leverage_of(settings.market)
    told = (
        (_SIDES, "one-way", {symbol: "one-way" if modes[symbol].one_way else "hedge" for symbol in symbols}),
        (_MARGIN, "isolated", {symbol: "isolated" if modes[symbol].isolated else "cross" for symbol in symbols}),
        (_LEVERAGE, f"{wanted}", {symbol: f"{modes[symbol].leverage}" for symbol in symbols}),
    )
    found = []
    for check, right, by_market in told:
        text = ", ".join(f"{symbol} {value}" for symbol, value in by_market.items())
        wrong = [symbol for symbol, value in by_market.items() if value != right]
        if any(symbol in positions for symbol in wrong):
            found.append(ill(check, f"{text}; a session wants {right}.", _UNDER))
        else:
            found.append(well(check, f"{text}." if not wrong else f"{text}; a session wants {right}. {_SET}"))
    lying = [
        f"{symbol} {each.quantity.normalize():f} (liquidated at {each.liquidation_price or 'a price that is not told'})"
        for symbol, each in positions.items()
    ]
    if not lying:
        return [*found, well(_POSITIONS, "None is open in these markets.")]
    how = "A new session sends nothing there: close them, or go on with the run that opened them."
    return [*found, ill(_POSITIONS, f"Open: {', '.join(lying)}.", how)]
