"""From a file and the environment to settings, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from isthmus.config.checks import check_across, notes_on
from isthmus.config.draft import Draft, read_draft
from isthmus.config.environment import PATH_VARIABLE, fill_in, overlay
from isthmus.config.explain import explain
from isthmus.config.forms import settings_below
from isthmus.config.problems import ConfigError, Key
from isthmus.config.settings import Settings
from isthmus.config.shape import section_of, step

DEFAULT_NAMES: Final = ("isthmus.yaml", "isthmus.yml", "isthmus.json")


COMMAND_LINE: Final = "command line"
"""As the place of what it says."""


class Source(StrEnum):
    FILE = "file"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command_line"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings ready to use. `source` is None when no file was found, which is fine."""

    settings: Settings
    source: Path | None
    warnings: list[str]
    sources: Mapping[str, Source] = field(default_factory=dict)
    """Who says what: every setting that was written somewhere, by dotted name, but the providers'. Of a mapping that comes
    from several, the first."""


def load(path: Path | None, env: Mapping[str, str], options: Mapping[str, object] | None = None) -> Loaded:
    """Reads `path` (else `ISTHMUS_CONFIG`, else the first of `DEFAULT_NAMES` in the working directory) and `env`.

    `options` are what the command line says, by dotted name (`{"server.port": 8001}`; None means not said); they win
    over the environment, which wins over the file. Raises `ConfigError` with every problem found.
    """
    source = path or _path_in(env) or _default_path()
    draft = read_draft(source) if source else Draft()
    fill_in(draft, env)
    _use_own_names(draft, Settings, ())
    overlay(draft, Settings, env)
    for name, value in (options or {}).items():
        if value is not None:
            draft.put(tuple(name.split(".")), value, COMMAND_LINE)
    settings = _validate(draft)
    draft.warnings.extend(notes_on(settings))
    if settings.default_provider is None and settings.providers:
        settings = settings.model_copy(update={"default_provider": next(iter(settings.providers))})
    return Loaded(settings, source, draft.warnings, _sources(draft, env))


def _sources(draft: Draft, env: Mapping[str, str]) -> dict[str, Source]:
    found = {}
    for name, _ in settings_below(Settings):
        key = tuple(name.split("."))
        if name == "providers" or draft.value(key) is None:
            continue
        place = draft.place(key)
        of_env = Source.ENVIRONMENT if place in env else Source.FILE
        found[name] = Source.COMMAND_LINE if place == COMMAND_LINE else of_env
    return found


def _use_own_names(draft: Draft, annotation: object, key: Key) -> None:
    """Settings written under another accepted name get their own."""
    written = draft.value(key)
    if not isinstance(written, dict):
        return
    section = section_of(annotation)
    for other, name in section.synonyms.items() if section else ():
        if other in written and name in written:
            draft.problem((*key, other), f"the same setting as {name!r}", "remove one of them")
        elif other in written:
            draft.rename((*key, other), name)
    for name in list(written):
        if (below := step(annotation, name)) is not None:
            _use_own_names(draft, below, (*key, name))


def _path_in(env: Mapping[str, str]) -> Path | None:
    named = env.get(PATH_VARIABLE)
    return Path(named) if named else None


def _default_path() -> Path | None:
    return next((path for path in map(Path, DEFAULT_NAMES) if path.exists()), None)


def _validate(draft: Draft) -> Settings:
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(draft.values)
    except ValidationError as error:
        explain(error, draft, Settings)
    except RecursionError:
        draft.problem((), "nested too deeply")
    check_across(draft)
    if settings is None or draft.problems:
        raise ConfigError(dict.fromkeys(draft.problems)) from None
    return settings
