"""What the exchange says, in findings: whether it answers and tells the same time, its markets, the key, the money, open orders.

It asks nothing itself. What an exchange does not tell is said to be not told, and never to be well.
"""

from collections.abc import Sequence
from decimal import Decimal

from agents.desk.clocked.account import cash_setting
from config.settings import Settings
from execution.venues.exchange.capabilities import Capability, Play
from execution.venues.exchange.checkup import Account, Checkup, Unheard
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.told import ToldBalance
from execution.venues.exchange.venue import name_of_account
from ops.health.contracts import contract_findings
from ops.health.finding import Finding, ill, unasked, well
from ops.health.terms import market_finding

MOST_CLOCK_MS = 1000
"""How far this machine's clock may be off [ms]. Requests are signed with the exchange's time whatever it is; but Binance refuses
what seems to come from more than a second ahead, and decisions fall at the closes of this machine's clock."""
_ANSWERS, _CLOCK, _MARKETS, _FEES = "exchange answers", "clock", "markets", "fees"
_TRADES, _WITHDRAWS, ADDRESS = "key may trade", "key may withdraw", "key's addresses"
_MONEY, _ORDERS = "money", "open orders"
_OF_KEY = (_TRADES, _WITHDRAWS, ADDRESS, _MONEY, _ORDERS)


def exchange_row(row: Capability, settings: Settings) -> Finding:
    """What the exchange can do, from its row in the table; and the one thing that its row asks of the limits."""
    stops = "at market" if row.market_stop else "at a limit, then at market"
    play = "none" if row.play is Play.NONE else row.play.value
    told = f"{row.exchange}: client ids by {row.create}; a stop sells {stops}; play money: {play}."
    if not row.buys_at_market and settings.limits.entry_price_cap_bps is None:
        return ill("exchange", told, "It buys only up to a price: set limits.entry_price_cap_bps.")
    return well("exchange", told)


def told_by_exchange(
    found: Checkup, row: Capability, settings: Settings, symbols: Sequence[str], part: Decimal, whole: Settings
) -> list[Finding]:
    """All that the exchange told: to anybody, and to the owner of the key. `part`: of each size, that the ramp of real money
    allows. `whole`: the settings with the money of all exchanges, by which sizes are counted."""
    return [*_to_anybody(found, row, settings, part, whole), *_to_owner(found.account, settings, symbols)]


def _to_anybody(found: Checkup, row: Capability, settings: Settings, part: Decimal, whole: Settings) -> list[Finding]:
    ahead = found.clock_ahead_ms
    if isinstance(ahead, Unheard):
        how = "Look at the connection and at the exchange's page of its status, and ask again."
        return [ill(_ANSWERS, f"{row.exchange} does not answer ({ahead.why}).", how), clock_finding(ahead)]
    fees = well(_FEES, f"They are charged in: {row.fees}.")
    answers = well(_ANSWERS, f"{row.exchange} answers{_at(settings)}.")
    return [answers, clock_finding(ahead), *_markets(found, whole, part), fees]


def _at(settings: Settings) -> str:
    return f" at {settings.venue.url}" if settings.venue.url else " on its test network" if not _live(settings) else ""


def clock_finding(ahead_ms: int | Unheard) -> Finding:
    """Whether this machine's clock is right by that of an exchange."""
    if isinstance(ahead_ms, Unheard):
        return unasked(_CLOCK, "The exchange does not tell its time.")
    way = "ahead of" if ahead_ms >= 0 else "behind"
    told = f"This machine is {abs(ahead_ms) / 1000:.3f} s {way} the exchange."
    if abs(ahead_ms) <= MOST_CLOCK_MS:
        return well(_CLOCK, told)
    return ill(_CLOCK, told, "Set the clock by a time server (`timedatectl set-ntp true`): bars close by it.")


def _markets(found: Checkup, settings: Settings, part: Decimal) -> list[Finding]:
    if isinstance(found.markets, Unheard):
        return [ill(_MARKETS, found.markets.why)]
    return [market_finding(symbol, market, settings, part) for symbol, market in found.markets.items()]


def _to_owner(account: Account | None, settings: Settings, symbols: Sequence[str]) -> list[Finding]:
    if account is None:
        return [unasked(check, "Nobody can ask without the account's key.") for check in _OF_KEY]
    if isinstance(account.balance, Unheard):
        told = _refusal(account.balance)
        return [told, *(unasked(check, "The account was not told.") for check in _OF_KEY[1:])]
    return [
        *_rights(account, live=_live(settings), perpetual=settings.market.perpetuals is not None),
        _money(account.balance, settings, symbols),
        _orders(account, settings),
        *contract_findings(account, settings, symbols),
    ]


def _refusal(silence: Unheard) -> Finding:
    if not silence.refused:
        return unasked(_TRADES, f"The exchange does not answer ({silence.why}).")
    how = "Check key and secret in the environment, and that the key is taken from this machine's address."
    return ill(_TRADES, f"The exchange refuses the key ({silence.why}).", how)


def _rights(account: Account, *, live: bool, perpetual: bool = False) -> list[Finding]:
    rights = account.rights
    if isinstance(rights, Unheard):
        why = f"Not told by the exchange ({rights.why}). Look at the key's page there."
        told = [unasked(check, why) for check in (_TRADES, _WITHDRAWS, ADDRESS)]
        if live:  # real money asks that this is known
            told[1] = ill(_WITHDRAWS, why, "Make a key whose rights the exchange tells, and forbid withdrawals for it.")
        return told
    may = (
        well(_TRADES, "Yes.")
        if rights.trades
        else ill(_TRADES, "No.", f"Allow {'futures' if perpetual else 'spot'} trading for this key at the exchange.")
    )
    never = (
        ill(
            _WITHDRAWS,
            "YES: whoever reads this key can take the money away.",
            "Forbid withdrawals for it, or make another key.",
        )
        if rights.withdraws
        else well(_WITHDRAWS, "No.")
    )
    bound = {
        True: well(ADDRESS, "It is taken from certain addresses only."),
        False: well(ADDRESS, "It is taken from ANY address; a list of your own at the exchange is safer."),
        None: unasked(ADDRESS, "Not told by the exchange."),
    }[rights.restricted]
    return [may, never, bound]


def _money(balance: ToldBalance, settings: Settings, symbols: Sequence[str]) -> Finding:
    quote, wanted = symbols[0].partition("/")[2], settings.venue.starting_cash
    total, free = (each.get(quote, Decimal(0)) for each in (balance.total, balance.free))
    told = f"{free:,.2f} {quote} free of {total:,.2f}; the session is to trade {wanted:,.2f}."
    if free >= wanted:
        return well(_MONEY, told)
    why = "Open orders bind the rest: cancel them, or trade with less" if total >= wanted else "Trade with less"
    return ill(_MONEY, told, f"{why}: --set {cash_setting(settings)}=AMOUNT.")


def _orders(account: Account, settings: Settings) -> Finding:
    """Open orders with this program's mark belong to a session: of this machine, of another, or one that was broken off."""
    if isinstance(account.orders, Unheard):
        return unasked(_ORDERS, f"Not told by the exchange ({account.orders.why}).")
    ids = ClientIds(name_of_account(settings.venue, live=_live(settings)), "")
    ours = [order for order in account.orders if ids.foreign(order.client_id)]
    others = len(account.orders) - len(ours)
    beside = f" {others} of others are left alone." if others else ""
    if not ours:
        return well(_ORDERS, f"None of this program's.{beside}")
    told = f"{len(ours)} of a session of this program, such as {ours[0].client_id} in {ours[0].symbol}.{beside}"
    return ill(_ORDERS, told, "Go on with that session (`tribunal run --resume RUN`), or cancel them at the exchange.")


def _live(settings: Settings) -> bool:
    return settings.world == "live"
