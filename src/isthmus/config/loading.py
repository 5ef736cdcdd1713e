"""From a file and the environment to settings, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from isthmus.config.checks import check_across, notes_on
from isthmus.config.draft import Draft, read_draft
from isthmus.config.environment import PATH_VARIABLE, fill_in, overlay
from isthmus.config.explain import explain
from isthmus.config.problems import ConfigError, Key
from isthmus.config.settings import Settings
from isthmus.config.shape import section_of, step

DEFAULT_NAMES: Final = ("isthmus.yaml", "isthmus.yml", "isthmus.json")


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings ready to use. `source` is None when no file was found, which is fine."""

    settings: Settings
    source: Path | None
    warnings: list[str]


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
            draft.put(tuple(name.split(".")), value, "command line")
    settings = _validate(draft)
    draft.warnings.extend(notes_on(settings))
    if settings.default_provider is None and settings.providers:
        settings = settings.model_copy(update={"default_provider": next(iter(settings.providers))})
    return Loaded(settings, source, draft.warnings)


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
