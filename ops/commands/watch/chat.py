"""What `tribunal chat` does: it follows the journal of a run, and answers the people on its list."""

import argparse
import asyncio
import sys
from contextlib import nullcontext
from pathlib import Path

from agents.approval.box import Petitions
from agents.records.folder import journal_of
from config.clock import SystemClock
from config.errors import UsageFault
from config.logging import configure
from config.secrets import journal_key, load_secrets
from ops.live.chat.bot import API, until_signal
from ops.live.chat.people import Role, people_of
from ops.live.chat.verbs import Chat
from ops.live.following.tail import Tail
from ops.live.following.window import Window
from ops.live.woken.opening import masked_values, teller


def chat_command(arguments: argparse.Namespace) -> int:
    """Answer until it is ended; returns the exit code. Raises UsageFault, JournalFault."""
    people = people_of(arguments.viewer, arguments.operator)
    folder = Path(arguments.run)
    journal = journal_of(folder)
    if not journal.exists():
        raise UsageFault(f"{arguments.run} is no folder of a run. The chat was not opened.")
    secrets = load_secrets()
    if secrets.telegram_token is None:
        raise UsageFault(
            "TRIBUNAL_TELEGRAM_TOKEN is not set. The chat was not opened. @BotFather gives a token; put it into the environment "
            "or into .env."
        )
    configure(level=secrets.log_level, secrets=masked_values(secrets))
    api = API if arguments.bot_url is None else arguments.bot_url
    say = teller(sys.stderr)
    window = Window(folder.resolve().name)
    may_answer = Petitions(folder).attended("chat") if Role.OPERATOR in people.values() else nullcontext()
    with Tail(window, journal, journal_key()), may_answer:
        chat = Chat(window, folder, people, SystemClock())
        told = (lambda text: None) if arguments.quiet else say
        asyncio.run(until_signal(chat, secrets.telegram_token.get_secret_value(), api, told))
    return 0
