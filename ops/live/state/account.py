"""The account of a session as it stands: its figures now, and how much of each limit they use."""

from decimal import Decimal
from typing import NamedTuple

from config.sections.limits import RiskLimits
from execution.account.ledger import Ledger
from execution.account.trader import Exposure
from ops.live.state.values import AccountNow, Used
from risk.breakers import BreakerState
from risk.portfolio import Portfolio


class Account(NamedTuple):
    """The account as the last record, or the end, tells it."""

    portfolio: Portfolio
    breakers: BreakerState
    exposure: Exposure | None

    def now(self, ledger: Ledger) -> AccountNow:
        """Its figures; `ledger`: booked from every fill."""
        book, breakers = self.portfolio, self.breakers
        day, week = book.equity - breakers.day_start_equity, book.equity - breakers.week_start_equity
        total = book.equity - ledger.starting_cash
        gross, net = leverage(book)
        return AccountNow(
            equity=book.equity,
            cash=book.cash,
            day_pnl=day,
            day_change=_share(day, breakers.day_start_equity),
            week_pnl=week,
            week_change=_share(week, breakers.week_start_equity),
            total_pnl=total,
            total_change=_share(total, ledger.starting_cash),
            realised=ledger.realised,
            unrealised=ledger.unrealised,
            fees=ledger.fees,
            funding=ledger.funding,
            gross=gross,
            net=net,
        )

    def used(self, limits: RiskLimits, account: AccountNow) -> tuple[Used, ...]:
        """How much of each limit is used; `account`: its figures now."""
        exposure = self.exposure
        shown = [
            Used(name="day loss", now=max(0.0, -account.day_change), limit=limits.max_daily_loss),
            Used(name="week loss", now=max(0.0, -account.week_change), limit=limits.max_weekly_loss),
        ]
        if exposure is not None:
            shown = [
                Used(name="VaR 1d", now=exposure.var_1d, limit=limits.max_var_1d),
                Used(name="ES 1d", now=exposure.es_1d, limit=limits.max_es_1d),
                Used(name="deployed", now=exposure.deployed_fraction, limit=limits.max_deployed_fraction),
                Used(name="drawdown", now=exposure.drawdown, limit=limits.max_drawdown),
                *shown,
            ]
        return tuple(shown)


def leverage(book: Portfolio) -> tuple[float, float]:
    """Positions added up, and long less short, as fractions of equity; 0 where no equity is left."""
    if book.equity <= 0:
        return 0.0, 0.0
    notionals = [held.notional for held in book.positions]
    return float(sum(map(abs, notionals), Decimal(0)) / book.equity), float(sum(notionals, Decimal(0)) / book.equity)


def _share(part: Decimal, whole: Decimal) -> float:
    return float(part / whole) if whole > 0 else 0.0
