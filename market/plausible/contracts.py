"""Refuses markets that a session of linear perpetuals cannot trade: inverse contracts, spot, and what may be inverse.

The profit of an inverse contract is paid in its coin, and grows as the price falls: all formulas of margin differ. A name that
proves nothing is believed where its quote is a stablecoin; in dollars most perpetuals are inverse, so those must say that they
are linear.
"""

from collections.abc import Iterable, Sequence

from config.errors import DataFault, UsageFault
from market.perpetual.spelling import Contract, contract_of
from market.symbols import normalise_symbol

_OPEN_QUOTES = ("USD",)


def refuse_contracts(files: Iterable[tuple[str, Sequence[str], Sequence[Contract]]], named: Sequence[str]) -> None:
    """Raise DataFault for a file that proves, by its name or its spelling of markets, to hold no linear perpetual.

    `files`: the name of each file, its markets (BASE/QUOTE), and what its names prove. `named`: the markets as the user wrote
    them, which decide what the files leave open.
    """
    said = {normalise_symbol(each): contract_of(each) for each in named}
    for file, markets, contracts in files:
        if Contract.INVERSE in contracts:
            raise DataFault(
                f"{file} holds an inverse contract, which is settled in its coin: nothing was started. Linear perpetuals are "
                "traded, which are settled in their quote currency, such as BTC/USDT:USDT."
            )
        if contracts and set(contracts) == {Contract.SPOT}:
            raise DataFault(
                f"{file} holds spot prices, and the profile trades perpetuals: nothing was started. Give the bars of the "
                "perpetual contract, or take a spot profile such as backtest."
            )
        for market in markets:
            is_open = market.partition("/")[2] in _OPEN_QUOTES
            if is_open and Contract.LINEAR not in (*contracts, said.get(market)):
                raise DataFault(
                    f"{file} holds {market}, and most perpetuals in dollars are inverse contracts, such as XBTUSD: nothing was "
                    f"started. Give a contract in USDT or USDC, or write --symbols {market}:USD if it is settled in dollars."
                )


def refuse_inverse(named: Iterable[str]) -> None:
    """Raise UsageFault for markets that are written as inverse contracts, such as BTC/USD:BTC."""
    for each in named:
        if contract_of(each) is Contract.INVERSE:
            raise UsageFault(
                f"{each} is an inverse contract, which is settled in its coin: nothing was started. Linear perpetuals are "
                "traded, which are settled in their quote currency, such as BTC/USDT:USDT."
            )
