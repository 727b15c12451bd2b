"""`request.json`: what was typed when a run was started, kept in its folder, so that `--resume` need not be told again.

The journal holds the settings and no path, so that equal runs have equal journals. This file holds what the journal leaves out:
the files. Their paths are whole, so that a run is resumed from any folder. No decision reads it: a resumed run is compared with
its journal from the first event on, and one that differs is refused.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from agents.desk.request import RunRequest, WorldRequest
from agents.records.folder import REQUEST
from config.errors import OutputFault
from config.files import behind_links, write_whole
from config.frozen import Frozen, empty
from config.sections.minds import ProviderSettings
from config.sections.sentiment import SourceSettings
from config.settings import Settings
from rl.model import CARD

Started = Literal["run", "backtest"]
_FILES = frozenset({"file", "path", "cassette", "model", "key_backup", "prompts", "memory"})
"""Names of settings that may hold the path of a file, or of a folder."""


class KeptRequest(Frozen):
    """The command that started a run, its world, and its files of sizing maps and of records."""

    format: Literal[1] = 1
    command: Started
    world: WorldRequest
    calibration: str | None = None
    record: str | None = None
    policy: str | None = None
    """The folder of the policy that the settings name, wherever they come from. A replay looks for it there."""
    anchor: str | None = None
    """The folder that keeps the journal's head. A replay looks for its marks there."""
    anchored_as: str | None = None
    """What tells the marks of this run from those of an equal one."""
    files: dict[str, str] = Field(default_factory=dict, exclude_if=empty)
    """Whole paths of the files of sources and models, by the name of each: at the start, and for each word that changed them."""


class KeptFiles:
    """Where the files lie that a journal names without folders: those of sources and of models, as they were and as they are."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: that of the run, whose `request.json` keeps them; None where nothing is kept."""
        self._folder = folder
        kept = None if folder is None else kept_request(folder)
        self._known = {} if kept is None else dict(kept.files)

    def keep(self, settings: Settings, word_id: str = "") -> None:
        """Keep those of these settings too: those of the start, or those that a word asks for. Raises OutputFault."""
        before = dict(self._known)
        named = [(_source(one.name, word_id), one.path) for one in settings.sentiment.sources]
        named += [(_model(name, word_id), one.path) for name, one in settings.minds.providers.items()]
        self._known |= {name: str(_whole(path)) for name, path in named if path is not None}
        kept = None if self._folder is None or self._known == before else kept_request(self._folder)
        if kept is not None and self._folder is not None:
            _write(self._folder, kept.model_copy(update={"files": self._known}))

    def whole(self, settings: Settings, word_id: str = "") -> Settings:
        """The same settings, with whole paths of sources and models where they are known of the start, or of a word."""
        news, minds = settings.sentiment, settings.minds
        return settings.model_copy(
            update={
                "sentiment": news.model_copy(update={"sources": self.whole_sources(news.sources, word_id)}),
                "minds": minds.model_copy(update={"providers": self._whole_models(minds.providers, word_id)}),
            }
        )

    def whole_sources(self, sources: Iterable[SourceSettings], word_id: str = "") -> tuple[SourceSettings, ...]:
        """The same sources, with whole paths where they are known of the start, or of a word."""
        return tuple(
            one.model_copy(update={"path": self._found(_source(one.name, word_id), one.path)}) for one in sources
        )

    def _whole_models(self, models: dict[str, ProviderSettings], word_id: str) -> dict[str, ProviderSettings]:
        return {
            name: one.model_copy(update={"path": self._found(_model(name, word_id), one.path)})
            for name, one in models.items()
        }

    def _found(self, name: str, bare: str | None) -> str | None:
        path = self._known.get(name)
        return bare if path is None or bare is None or Path(path).name != bare else path


def with_whole_files(settings: Settings) -> Settings:
    """The same settings, with the paths of sources and models from the root on."""
    news, minds = settings.sentiment, settings.minds
    sources = tuple(one.model_copy(update={"path": _whole(one.path)}) for one in news.sources)
    models = {name: one.model_copy(update={"path": _whole(one.path)}) for name, one in minds.providers.items()}
    return settings.model_copy(
        update={
            "sentiment": news.model_copy(update={"sources": sources}),
            "minds": minds.model_copy(update={"providers": models}),
        }
    )


def _source(name: str, word_id: str) -> str:
    return f"{word_id} sentiment.sources.{name}".lstrip()


def _model(name: str, word_id: str) -> str:
    return f"{word_id} minds.providers.{name}".lstrip()


def keep_request(
    folder: Path,
    request: RunRequest,
    policy: str | None = None,
    anchor: str | None = None,
    anchored_as: str | None = None,
) -> None:
    """Write the request of a new run into its folder, with the folders of its policy and its anchors. Raises OutputFault."""
    kept = KeptRequest(
        command=request.command,
        world=with_whole_paths(request.world),
        calibration=_whole(request.calibration),
        record=_whole(request.record),
        policy=_whole(policy),
        anchor=None if anchor is None else str(Path(anchor).expanduser().absolute()),
        anchored_as=anchored_as,
    )
    _write(folder, kept)


def _write(folder: Path, kept: KeptRequest) -> None:
    try:
        write_whole(folder / REQUEST, kept.model_dump_json(indent=2).encode() + b"\n")
    except OSError as fault:
        raise OutputFault(
            f"{REQUEST} cannot be written in {folder} ({fault.strerror}), and nothing follows from it. "
            "Give another --out, or free some space."
        ) from fault


def kept_request(folder: Path) -> KeptRequest | None:
    """The request that a run was started with; None if its folder holds none that this version can read."""
    try:
        return KeptRequest.model_validate_json((folder / REQUEST).read_bytes())
    except (OSError, ValidationError):
        return None


def with_whole_paths(world: WorldRequest) -> WorldRequest:
    """The same world, with the paths of its files from the root on."""
    bars = world.bars
    own_profile = world.profile.endswith((".yaml", ".yml")) or "/" in world.profile
    return world.model_copy(
        update={
            "profile": str(behind_links(Path(world.profile).expanduser())) if own_profile else world.profile,
            "overrides": {key: _of_setting(key.rpartition(".")[2], value) for key, value in world.overrides.items()},
            "bars": bars.model_copy(
                update={name: tuple(str(_whole(path)) for path in getattr(bars, name)) for name in _FILES_OF_BARS}
                | {"feed_store": _whole(bars.feed_store)}
            ),
            "news": _whole(world.news),
            "model": _of_setting("model", world.model),
        }
    )


_FILES_OF_BARS = ("data", "detail", "funding", "facts")


def _whole(path: str | None) -> str | None:
    return None if path is None else str(behind_links(Path(path)))


def _of_setting(name: str, value: Any) -> Any:
    """A setting, with whole paths of the files that it names, if they are there."""
    if isinstance(value, dict):
        return {key: _of_setting(key, part) for key, part in value.items()}
    if isinstance(value, list):
        return [_of_setting(name, part) for part in value]
    if not isinstance(value, str) or name not in _FILES:
        return value
    path = Path(value).expanduser()
    is_policy = name == "model" and (path / CARD).is_file()
    is_folder = is_policy or (name == "prompts" and path.is_dir())
    return str(path.resolve()) if path.is_file() or is_folder else value
