"""What the chat answers to questions: short plain text, out of the fold of the session. It decides nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ops.live.beating.heartbeat import heartbeat_of, lives
from ops.live.following.window import Window
from ops.live.state.decisions import Decision
from ops.live.state.fold import Fold
from ops.live.state.values import AccountNow, Status

_MOST = 10
Answer = Callable[["Asked"], str]
NOTHING_YET = "Nothing is known of the session yet: its journal is still being read, or has no event."


class Asked:
    """A question: its words, the session that it is about, and when it is asked."""

    def __init__(self, words: str, window: Window, folder: Path, now: datetime) -> None:
        self.words, self.window, self.folder, self.now = words, window, folder, now

    def told(self, tell: Callable[[Fold, Status], str]) -> str:
        """What `tell` makes of the session."""
        status = self.window.status()
        with self.window.fold() as fold:
            return NOTHING_YET if fold is None or status is None else tell(fold, status)


def status(asked: Asked) -> str:
    """How it stands, in a few lines."""

    def tell(fold: Fold, now: Status) -> str:
        head, account = now.head, now.account
        lines = [f"{head.run}: {head.mode} {head.profile}, {now.phase}", f"{', '.join(head.symbols)}, {head.timeframe}"]
        lines.append(f"last bar {_moment(now.as_of_utc)}, {now.counts.bars} bars")
        if account is not None:
            lines.append(f"equity {account.equity:,.2f} {head.quote}, today {account.day_change:+.2%}")
        lines.append(f"{len(fold.positions)} positions, {len(fold.orders)} open orders")
        lines += [f"STOPPED: {latch.name} {latch.scope} ({latch.why})" for latch in now.latches]
        return "\n".join([*lines, *([] if now.latches else ["nothing stops new risk"])])

    return asked.told(tell)


def profit(asked: Asked) -> str:
    """The change of equity: of the day, the week, the month, or all of them."""
    wanted = asked.words.strip().lower()
    if wanted not in ("", "day", "week", "month"):
        return "Ask: profit, profit day, profit week or profit month."

    def tell(fold: Fold, now: Status) -> str:
        account = now.account
        if account is None:
            return "No bar yet."
        lines = {
            "day": f"day {account.day_pnl:+,.2f} ({account.day_change:+.2%})",
            "week": f"week {account.week_pnl:+,.2f} ({account.week_change:+.2%})",
            "month": _month(fold, now, account),
        }
        whole = f"since the start {account.total_pnl:+,.2f} ({account.total_change:+.2%}), fees {account.fees:,.2f}"
        return "\n".join([lines[wanted]] if wanted else [*lines.values(), whole])

    return asked.told(tell)


def positions(asked: Asked) -> str:
    """What is held, with stops."""

    def tell(fold: Fold, now: Status) -> str:
        lines = [
            f"{held.symbol} {held.side} {held.quantity.normalize():f} at {held.entry_price:,.8g}, now {held.mark_price:,.8g} "
            f"({held.change:+.2%}), stop {'NONE' if held.stop_price is None else f'{held.stop_price:,.8g}'}"
            for held in fold.positions
        ]
        return "\n".join(lines) or "Nothing is held."

    return asked.told(tell)


def balance(asked: Asked) -> str:
    """Money at the last bar."""

    def tell(fold: Fold, now: Status) -> str:
        account = now.account
        if account is None:
            return "No bar yet."
        return (
            f"equity {account.equity:,.2f}, cash {account.cash:,.2f} {now.head.quote}\nrealised {account.realised:+,.2f}, "
            f"unrealised {account.unrealised:+,.2f}, fees {account.fees:,.2f}\ngross {account.gross:.1%}, net {account.net:.1%}"
        )

    return asked.told(tell)


def last(asked: Asked) -> str:
    """The last ruling."""
    return asked.told(
        lambda fold, now: _listed(fold.decisions.page(limit=1).decisions, "No case was heard yet.", full=True)
    )


def why(asked: Asked) -> str:
    """Why a decision was made, by its id."""
    wanted = asked.words.strip()
    if not wanted:
        return "Ask: why ID, with an id out of /last or /vetoes."

    def tell(fold: Fold, now: Status) -> str:
        found = fold.decisions.one(wanted)
        return f"No decision {wanted[:80]!r} is in the index." if found is None else _whole(found)

    return asked.told(tell)


def vetoes(asked: Asked) -> str:
    """The last proposals that the court or the gate refused."""

    def tell(fold: Fold, now: Status) -> str:
        refused = [each for each in fold.decisions.page(limit=200).decisions if each.verdict == "refused"]
        return _listed(tuple(refused[:_MOST]), "Nothing of the last 200 cases was refused.", full=False)

    return asked.told(tell)


def health(asked: Asked) -> str:
    """Whether the session lives, and what its sources told last."""
    beat = heartbeat_of(asked.folder)
    if beat is None:
        pulse = "no heartbeat: it has ended, or is none on the clock"
    else:
        age_s = (asked.now - beat.at_utc).total_seconds()
        pulse = f"process {beat.pid} {'lives' if lives(asked.folder) else 'IS GONE'}, last beat {age_s:.0f} s ago"

    def tell(fold: Fold, now: Status) -> str:
        feeds = [f"{feed.name}: {_moment(feed.last_utc)}{f' ({feed.note})' if feed.note else ''}" for feed in now.feeds]
        lines = [pulse, *feeds[:_MOST], *([f"NOT FOLLOWED: {now.fault}"] if now.fault else [])]
        if now.budget is not None:
            lines.append(
                f"models {now.budget.day_usd:.2f} of {now.budget.day_limit_usd} USD today, {now.budget.failed} failed"
            )
        lines += [f"{alert.severity} {_moment(alert.at_utc)} {alert.code}" for alert in now.alerts[:3]]
        return "\n".join(lines)

    return asked.told(tell)


def _month(fold: Fold, now: Status, account: AccountNow) -> str:
    assert now.as_of_utc is not None
    start = datetime(now.as_of_utc.year, now.as_of_utc.month, 1, tzinfo=UTC)
    if now.head.start_utc >= start:
        return f"month {account.total_pnl:+,.2f} ({account.total_change:+.2%}), since the start"
    curves = fold.curves()
    before = [equity for at_s, equity in zip(curves.at_s, curves.equity, strict=True) if at_s <= start.timestamp()]
    base = before[-1] if before else float(account.equity - account.total_pnl)
    change = float(account.equity) - base
    return f"month {change:+,.2f} ({change / base if base else 0.0:+.2%})"


def _listed(found: tuple[Decision, ...], nothing: str, *, full: bool) -> str:
    if not found:
        return nothing
    return "\n\n".join(_whole(each) if full else f"{each.decision_id}: {each.ruling}, {each.rule}" for each in found)


def _whole(found: Decision) -> str:
    lines = [
        f"{found.decision_id} ({_moment(found.as_of_utc)})",
        f"{found.symbol} {found.direction}, wanted by {', '.join(found.voters) or 'nobody'}",
        f"court: {found.ruling}, {found.scale:.0%} of the size: {found.why}",
    ]
    if found.verdict:
        lines.append(f"gate: {found.verdict} by {found.rule}, {found.notional:,.2f}")
    if found.pnl is not None:
        lines.append(f"trade: {found.pnl:+,.2f}")
    return "\n".join(lines)


def _moment(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
