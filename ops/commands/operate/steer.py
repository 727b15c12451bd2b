"""What `tribunal steer` does: it leaves a word in the mailbox of a run and waits for what becomes of it, or takes one back."""

import argparse
import json
import sys
from pathlib import Path
from shlex import quote

from config.clock import SystemClock
from config.confirm import confirm
from config.errors import NotConfirmed, UsageFault
from config.files import behind_links
from execution.steering.mailbox import Answer, Mailbox
from execution.steering.words import (
    BY_NAME,
    LONGEST_NAME,
    WITHDRAW,
    SteerVerb,
    Target,
    Word,
    confirmation,
    line_of,
    word_of,
    wrong_target,
)
from market.symbols import normalise_symbol
from ops.commands.switch_options import user

_MOST_S = 3600.0


def steer_command(arguments: argparse.Namespace) -> int:
    """Ask, and tell what became of it; returns the exit code. Raises UsageFault, OutputFault, NotConfirmed."""
    if not 0 <= arguments.wait <= _MOST_S:
        raise UsageFault(f"--wait {arguments.wait:g} is no time to wait. Nothing was asked; give seconds up to 3600.")
    folder = Path(arguments.run)
    if arguments.verb == WITHDRAW:
        return _withdraw(folder, str(arguments.target))
    row, direction = BY_NAME[arguments.verb.replace("-", "_")], arguments.direction
    target = str(arguments.target)
    if row.target in (Target.SYMBOL, Target.SYMBOL_OR_ALL):
        target = normalise_symbol(target) or target
    if (wrong := wrong_target(row, target, direction)) is not None:
        raise UsageFault(f"{wrong}. Nothing was asked.")
    if row.needs_why and not arguments.why.strip():
        raise UsageFault(f"{arguments.verb} {row.needs_why}, with --why. Nothing was asked.")
    box = Mailbox(folder)
    asked = confirmation(row.name, f"{target} {direction or ''}".strip(), behind_links(folder).name)
    box.refuse_deaf(row.name)
    if not arguments.yes:
        _confirm(asked.words, asked.told, is_brake=row.is_brake)
    word = word_of(SteerVerb(row.name), target, user(), "cli", arguments.why, SystemClock().now(), direction)
    box.put(word)
    answer = _waited(box, word, arguments)
    done = answer is not None and answer.state == "done"
    if arguments.json:
        sys.stdout.write(json.dumps(_tree(word, answer)) + "\n")
    else:
        sys.stdout.write(f"{_told(word, answer, arguments)}\n")
    return 0 if done else 1


def _waited(box: Mailbox, word: Word, arguments: argparse.Namespace) -> Answer | None:
    """What became of a word, within the time to wait. After Ctrl-C it says how to take the word back, and raises again."""
    try:
        return box.wait(word.word_id, arguments.wait)
    except KeyboardInterrupt:
        sys.stderr.write(
            f"\nStopped waiting. What was asked stays asked: the session obeys it when it looks. {_taken_back(word, arguments)}\n"
        )
        raise


def _taken_back(word: Word, arguments: argparse.Namespace) -> str:
    return f"While it is not heard, `tribunal steer {quote(arguments.run)} {WITHDRAW} {word.word_id}` takes it back."


def _withdraw(folder: Path, word_id: str) -> int:
    """Take a word back; returns the exit code. Raises UsageFault."""
    box = Mailbox(folder)
    if not word_id:
        waiting = "".join(f"\n{word.word_id}: {word.verb.value} {word.about}".rstrip() for word in box.waiting())
        raise UsageFault(
            f"{WITHDRAW} needs the id of a word. Nothing was withdrawn. {'There wait:' if waiting else 'None waits.'}{waiting}"
        )
    box.refuse_deaf(WITHDRAW)
    outcome = box.withdraw(word_id, user())
    answer = box.answer_to(word_id)
    told = {
        "withdrawn": f"Withdrawn: the session never hears {word_id}.",
        "taken": "Not withdrawn: the session has taken it already. Its journal will say what becomes of it.",
        "answered": f"Not withdrawn: it was heard. {answer.told if answer else ''}".rstrip(),
        "unknown": f"Not withdrawn: no word {line_of(word_id, LONGEST_NAME)} waits in the mailbox of this run.",
    }
    sys.stdout.write(f"{told[outcome]}\n")
    return 0 if outcome == "withdrawn" else 1


def _confirm(words: str, told: str, *, is_brake: bool) -> None:
    """Return where the words were typed, or none are needed. Raises NotConfirmed."""
    if sys.stdin.isatty():
        confirm(words, told, sys.stdin, sys.stderr)
    elif not is_brake:
        raise NotConfirmed(f"{told} There is no terminal on which to confirm that. Nothing was asked; add --yes.")


def _told(word: Word, answer: Answer | None, arguments: argparse.Namespace) -> str:
    waited = arguments.wait
    if answer is None:
        old = "" if word.row.is_brake else " It is not obeyed when it is older than a minute."
        return (
            f"Not heard within {waited:g} s: {word.verb.value} waits in the mailbox of the run, and the session obeys it at its "
            f"next look between two bars.{old} {_taken_back(word, arguments)} Is the session running? `tribunal halt` needs none."
        )
    if answer.state == "heard":
        return f"Heard, and not done within {waited:g} s: {answer.told} Its journal will say what became of it."
    head = {"done": "Done", "refused": "Refused", "failed": "Not done"}[answer.state]
    return f"{head}: {answer.told}"


def _tree(word: Word, answer: Answer | None) -> dict[str, object]:
    told: dict[str, object] = word.model_dump(mode="json")
    state = "waits" if answer is None else answer.state
    return told | {"state": state, "told": None if answer is None else answer.told}
