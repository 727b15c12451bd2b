"""What `tribunal account` does: it shows the account books, and notes a raise of the ramp or a new beginning."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agents.desk.clocked.account import ACCOUNTS
from agents.desk.clocked.book import AccountBook, Books, RaiseWord
from agents.records.account import Word
from config.clock import SystemClock
from config.confirm import confirm
from config.errors import OutputFault, UsageFault
from config.secrets import journal_key, load_secrets, state_dir
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.lease import holder
from ops.commands.switch_options import sentence, user
from ops.tables.grid import Grid, open_console
from risk.ramp import TOP


def account_command(arguments: argparse.Namespace) -> int:
    """Tell, raise or note a new beginning; returns the exit code. Raises TribunalError."""
    state = state_dir(load_secrets())
    books = Books(state, journal_key())
    if arguments.raises and arguments.begin_anew:
        raise UsageFault("--raise and --begin-anew say different things. Nothing was done; give one of them.")
    if arguments.raises:
        return _raise(books, _chosen(books, arguments.account), arguments)
    if arguments.begin_anew:
        book = _chosen(books, arguments.account)
        _refuse_running(book, holder(state / ACCOUNTS, ClientIds(book.account, "").mark))
        return _begin_anew(books, book, arguments)
    _tell(_wanted(books, arguments.account), as_json=arguments.json)
    return 0


def _wanted(books: Books, name: str | None) -> tuple[AccountBook, ...]:
    found = tuple(book for book in books.all() if name is None or book.account == name)
    if name is not None and not found:
        known = ", ".join(repr(book.account) for book in books.all()) or "none yet"
        raise UsageFault(f"There is no account {name!r}; nothing was done. Known are: {known}.")
    return found


def _chosen(books: Books, name: str | None) -> AccountBook:
    """The account that is meant. Raises UsageFault for none, and for several."""
    found = _wanted(books, name)
    if len(found) != 1:
        known = ", ".join(f"{book.account!r}" for book in found)
        raise UsageFault(
            f"Several accounts are known: {known}. Nothing was done; name one with --account."
            if found
            else "No session has traded on a real exchange yet, so there is no account. Nothing was done."
        )
    return found[0]


def _raise(books: Books, book: AccountBook, arguments: argparse.Namespace) -> int:
    ramp, now = book.ramp, SystemClock().now()
    if ramp is None:
        raise UsageFault(f"The account {book.account} has no ramp: it trades no real money. Nothing was done.")
    word = Word(what="raise", who=user(), given_utc=now, why=_reason(arguments))
    if (why := ramp.why_not_raised(now)) is not None:
        raise UsageFault(f"The ramp cannot be raised: {why}. Nothing was done.")
    share = f"{(ramp.quarters + 1) * 100 // TOP}%"
    what = f"{share} OF {ramp.capital.normalize():f} {book.quote} ON {book.account}"
    told = f"The ramp of {book.account} will rise from {ramp.share:.0%} to {share} of {ramp.capital} {book.quote} of real money."
    confirm(f"RAISE TO {what}", told, sys.stdin, sys.stderr, arguments.confirm)
    with _written("The raise"):
        books.say(book, RaiseWord(word=word, quarters=ramp.quarters))
    said = "The session that trades hears of it within a second, or the next one at its start; its journal says so."
    _say({"account": book.account, "raises_to": share}, f"{told} {said}", as_json=arguments.json)
    return 0


def _begin_anew(books: Books, book: AccountBook, arguments: argparse.Namespace) -> int:
    word = Word(what="begin_anew", who=user(), given_utc=SystemClock().now(), why=_reason(arguments))
    lost = "its peak, breakers and count of trades" + (", and its ramp at a quarter" if book.ramp else "")
    told = (
        f"The next session on {book.account} begins the account anew: {lost}. Whatever the run {book.folder} holds there "
        f"({', '.join(book.positions) or 'nothing'}) is not counted or protected by it."
    )
    confirm(f"BEGIN ANEW ON {book.account}", told, sys.stdin, sys.stderr, arguments.confirm)
    with _written("The account book"):
        books.write(book.model_copy(update={"anew": word}))
    _say({"account": book.account, "begins_anew": True}, f"{told} Its journal will say so.", as_json=arguments.json)
    return 0


def _refuse_running(book: AccountBook, process: str | None) -> None:
    if process is not None:
        raise UsageFault(
            f"A session trades on the account {book.account} (process {process}). Nothing was done. End it first; a session that "
            "holds positions is the one that protects them."
        )


def _reason(arguments: argparse.Namespace) -> str:
    reason = sentence(arguments.reason or "")
    if not reason:
        raise UsageFault("There is no reason; nothing was done. Say why with --reason TEXT: it stands in the journal.")
    return reason


@contextmanager
def _written(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise OutputFault(
            f"{what} cannot be written ({fault.strerror}). Nothing was done. Make the state folder writable, and say it again."
        ) from fault


def grid(found: Sequence[AccountBook]) -> Grid:
    """The table of accounts."""
    rows = tuple(row for book in found for row in _rows(book))
    return Grid("accounts at real exchanges", ("account", "what", "how it stands"), rows, left=3, prose=(2,))


def _rows(book: AccountBook) -> list[tuple[str, str, str]]:
    quote, breakers = book.quote, book.breakers
    stopped = "; ".join(latch.why for latch in breakers.latches) or "none is tripped"
    held = ", ".join(book.positions) or "nothing"
    how = "ended" if book.ended else "no end: killed, or it still runs"
    rows = [
        (book.account, "money", f"{book.equity:,.2f} {quote} of {book.money:,.2f}; peak {breakers.peak_equity:,.2f}"),
        ("", "breakers", stopped),
        ("", "closed trades", f"{book.trades:,}, before the last run's own where it has no end"),
        ("", "last run", f"{book.folder} ({how}), {book.at_utc:%Y-%m-%d %H:%M} UTC; it holds {held}"),
    ]
    if book.ramp is not None:
        ramp = book.ramp
        top = "at the top" if ramp.quarters == TOP else f"can be raised from {ramp.raised_from:%Y-%m-%d %H:%M} UTC on"
        rows.append(("", "ramp", f"{ramp.usable:,.2f} of {ramp.capital:,.2f} {quote} ({ramp.share:.0%}); {top}"))
    if book.anew is not None:
        rows.append(("", "begins anew", f"{book.anew.who}: {book.anew.why}"))
    return rows


def _tell(found: Sequence[AccountBook], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps([book.model_dump(mode="json") for book in found], indent=2) + "\n")
    elif not found:
        sys.stdout.write("No session has traded on a real exchange yet.\n")
    else:
        open_console(sys.stdout).print(grid(found).table())


def _say(tree: dict[str, object], text: str, *, as_json: bool) -> None:
    sys.stdout.write(f"{json.dumps(tree) if as_json else text}\n")
