"""The chat on Telegram, through python-telegram-bot: long polling out of this machine, so that no port is open to the world.

Messages that were sent while it was down are read, since an old halt counts (`verbs.py`). Edited messages, and whatever is no
text, are not. Whoever is not on the list gets no answer, and is told of on stderr once.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from config.errors import UsageFault
from ops.live.chat.people import Person
from ops.live.chat.verbs import Chat, Message

MISSING = 'The chat needs a further package. Run: pip install "tribunal[woken]"'
API = "https://api.telegram.org/bot"
_POLL_S = 20


async def talk(chat: Chat, token: str, api: str, say: Callable[[str], None], stop: asyncio.Event) -> None:
    """Answer until `stop` is set. `api`: the address of the Bot API; `say` takes words for stderr. Raises UsageFault for a token
    that is refused, and where the package is missing."""
    try:
        from telegram.error import Conflict, InvalidToken, TelegramError
        from telegram.ext import Application, MessageHandler, filters
    except ImportError as fault:
        raise UsageFault(f"{MISSING}. The chat was not opened.") from fault
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log addresses, which hold the token
    strangers: set[Person] = set()
    failed: set[str] = set()

    async def hear(update: Any, context: Any) -> None:
        told = update.message
        if told is None or told.from_user is None or not told.text:
            return
        who = Person(told.from_user.id, told.chat.id)
        verb, _, words = told.text.strip().removeprefix("/").partition(" ")
        name = told.from_user.username or told.from_user.first_name or "somebody"
        message = Message(who, name, verb.partition("@")[0].lower(), words, told.date)
        answer = await asyncio.to_thread(chat.answer, message)
        if answer is not None:
            await told.reply_text(answer, parse_mode=None)
        elif who not in strangers and not chat.knows(who):
            strangers.add(who)
            say(f"A message of user {who.user} in chat {who.chat} was not answered: they are not on the list.")

    def tell(fault: TelegramError) -> None:
        kind = type(fault).__name__
        if kind not in failed:
            failed.add(kind)
            own = " Another process polls with the same token: end one of them." if isinstance(fault, Conflict) else ""
            say(f"Telegram does not answer as it should ({kind}).{own} It is asked again.")

    async def wrong(update: object, context: Any) -> None:
        say(f"A message could not be answered ({type(context.error).__name__}).")

    application = Application.builder().token(token).base_url(api).get_updates_read_timeout(_POLL_S + 5).build()
    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE & filters.TEXT, hear))
    application.add_error_handler(wrong)
    try:
        await application.initialize()
    except InvalidToken as fault:
        raise UsageFault("Telegram refuses the token of TRIBUNAL_TELEGRAM_TOKEN. The chat was not opened.") from fault
    except TelegramError as fault:
        raise UsageFault(f"Telegram cannot be reached ({type(fault).__name__}). The chat was not opened.") from fault
    await application.start()
    assert application.updater is not None
    await application.updater.start_polling(timeout=_POLL_S, drop_pending_updates=False, error_callback=tell)
    say("The chat is open.")
    try:
        await stop.wait()
    finally:
        await application.updater.stop()
        await application.stop()
        await application.shutdown()


async def until_signal(chat: Chat, token: str, api: str, say: Callable[[str], None]) -> None:
    """Answer until Ctrl-C or SIGTERM."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    await talk(chat, token, api, say, stop)
