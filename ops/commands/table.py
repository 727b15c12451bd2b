"""The one table of commands: the name, the module that can be typed, the shelf of its body, and what it is for.

The console script, the layer check's exceptions (`pyproject.toml`) and the tests that hold them together are derived from it.
A command has two files: its options in `module`, and what it does in `ops.commands.SHELF.NAME`, as `NAME_command`.
"""

from typing import NamedTuple


class Command(NamedTuple):
    """One command. `module` has `parser()` and `main(argv)`, and loads nothing heavy."""

    name: str
    module: str
    shelf: str
    what: str
    was: str | None = None
    """Its name in an earlier version: it warns, and works."""

    @property
    def body(self) -> str:
        """The module that holds what the command does."""
        return f"ops.commands.{self.shelf}.{self.name}"


COMMANDS = (
    Command("run", "agents.run", "trade", "trade a session; paper money unless the profile says otherwise"),
    Command("backtest", "agents.backtest", "trade", "put recorded bars through the same path, and judge the result"),
    Command("replay", "agents.replay", "trade", "replay a journal and compare it byte by byte"),
    Command(
        "show", "agents.show", "trade", "print a run again, its trades by group, and its tables for other programs"
    ),
    Command("halt", "agents.halt", "trade", "the kill switch: no new risk in any session, until it is lifted"),
    Command("unhalt", "agents.unhalt", "trade", "lift the kill switch, with a reason", was="resume"),
    Command(
        "strategies", "agents.strategies.__main__", "trade", "list the built-in strategies, or begin one of your own"
    ),
    Command(
        "calibrate", "evidence.calibrate", "research", "hold the convictions stated in court against what happened"
    ),
    Command("attribution", "evidence.attribution", "research", "who changed the rulings, and what that was worth"),
    Command("audit", "evidence.audit", "research", "turn the evidence round, hide the names: does the ruling follow?"),
    Command("ablation", "evidence.ablation", "research", "what each part of the system adds, rung by rung"),
    Command(
        "walkforward",
        "evidence.walkforward",
        "research",
        "choose on the past, judge on what came next: how much is luck",
    ),
    Command("sweep", "evidence.sweep", "research", "search parameters; a stopped search resumes"),
    Command(
        "riskmodel", "evidence.riskmodel.__main__", "research", "hold the VaR and ES estimators against what happened"
    ),
    Command("impact", "evidence.impact", "research", "what a large order costs, from recorded order books"),
    Command("collect", "sentiment.collect", "operate", "add new headlines of RSS feeds to a point-in-time archive"),
    Command("check", "config.check", "operate", "show what a profile resolves to, or everything that is wrong with it"),
)
"""In the order of `tribunal --help`."""

BY_NAME = {command.name: command for command in COMMANDS}
RENAMED = {command.was: command for command in COMMANDS if command.was is not None}
