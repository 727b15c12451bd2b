"""The same strategy in vectorbt and backtesting.py: how each is called, and its fills. Both are imported where they run."""

from collections.abc import Callable, Sequence
from typing import Any

from execution.kernel.records import Floats
from peers.alone import late_signals, prices_alone, signals_alone
from peers.bars import moments
from peers.fills import Traded
from peers.strategy import FEE, SLIPPAGE, STOP, signals


def of_vectorbt(bars: Floats) -> Callable[[], list[Traded]]:
    import pandas as pd
    import vectorbt as vbt

    close = pd.Series(bars[3])

    def run() -> list[Traded]:
        enter, leave = signals(bars)
        made = vbt.Portfolio.from_signals(
            close, pd.Series(enter), pd.Series(leave), open=bars[0], high=bars[1], low=bars[2], sl_stop=STOP, fees=FEE,
            slippage=SLIPPAGE, init_cash=10_000, freq="5min",
        )  # fmt: skip
        made.stats()
        orders = made.orders.records
        return [
            Traded(*row)
            for row in zip(
                orders["idx"], orders["side"] == 0, orders["size"], orders["price"], orders["fees"], strict=True
            )
        ]

    return run


def of_vectorbt_alone(sides: Sequence[Any], close: Any, price: Floats) -> Any:
    """Return its portfolio of one coin each time, with its orders and its equity made: its cheapest call for our fills.

    `sides`: entries and exits; with `close`, Series. `price`, shape (n_bars,): what the signal of that bar trades at [quote].
    """
    import vectorbt as vbt

    made = vbt.Portfolio.from_signals(close, *sides, price=price, size=1.0, fees=FEE, init_cash=1e9, freq="5min")
    made.value()
    return made


def fills_of_vectorbt(made: Any) -> list[Traded]:
    orders = made.orders.records
    columns = (orders["idx"], orders["side"] == 0, orders["size"], orders["price"], orders["fees"])
    return [Traded(int(t), bool(bought), *map(float, row)) for t, bought, *row in zip(*columns, strict=True)]


def of_backtesting_alone(bars: Floats) -> Callable[[], Any]:
    """It buys and sells at one open, so its open is the price of the side that trades there."""
    import pandas as pd
    from backtesting import Backtest, Strategy

    index = pd.to_datetime(moments(bars.shape[1]), unit="ms")

    class Alone(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            enter, leave = signals_alone(bars)
            self.enter, self.leave = self.I(lambda: enter, plot=False), self.I(lambda: leave, plot=False)

        def next(self) -> None:
            if self.position and self.leave[-1]:
                self.position.close()
            elif not self.position and self.enter[-1]:
                self.buy(size=1)

    def run() -> Any:
        names = ("Open", "High", "Low", "Close", "Volume")
        columns = (prices_alone(bars, late_signals(bars)[0]), *bars[1:])
        frame = pd.DataFrame(dict(zip(names, columns, strict=True)), index=index)
        return Backtest(frame, Alone, cash=1e9, commission=FEE).run()

    return run


def fills_of_backtesting(made: Any) -> list[Traded]:
    """Its closed trades, whose fee it gives as one, and the purchase of a trade that is open at the end."""
    fills = []
    for entry, leave, size, bought, sold, fee in made["_trades"][
        ["EntryBar", "ExitBar", "Size", "EntryPrice", "ExitPrice", "Commission"]
    ].itertuples(index=False):
        first = size * bought * FEE
        fills += [Traded(entry, True, size, bought, first), Traded(leave, False, size, sold, fee - first)]
    left = [
        Traded(t.entry_bar, True, t.size, t.entry_price, t.size * t.entry_price * FEE) for t in made["_strategy"].trades
    ]
    return sorted(fills + left)


def of_backtesting(bars: Floats) -> Callable[[], list[Traded]]:
    import pandas as pd
    from backtesting import Backtest, Strategy

    names = ("Open", "High", "Low", "Close", "Volume")
    frame = pd.DataFrame(dict(zip(names, bars, strict=True)), index=pd.to_datetime(moments(bars.shape[1]), unit="ms"))

    class Cross(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            enter, leave = signals(bars)
            self.enter, self.leave = self.I(lambda: enter, plot=False), self.I(lambda: leave, plot=False)

        def next(self) -> None:
            if self.position and self.leave[-1]:
                self.position.close()
            elif not self.position and self.enter[-1]:
                self.buy(size=0.9, sl=self.data.Close[-1] * (1 - STOP))

    def run() -> list[Traded]:
        made = Backtest(frame, Cross, cash=1e7, commission=FEE, spread=SLIPPAGE).run()
        trades = made["_trades"]
        bought = zip(trades["EntryBar"], trades["Size"], trades["EntryPrice"], strict=True)
        sold = zip(trades["ExitBar"], trades["Size"], trades["ExitPrice"], strict=True)
        return sorted([Traded(t, True, q, p) for t, q, p in bought] + [Traded(t, False, q, p) for t, q, p in sold])

    return run
