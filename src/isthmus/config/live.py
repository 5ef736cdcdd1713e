"""Settings that may be changed while the gateway runs.

A change is stored in the database and wins over environment and file until it is taken back. It is judged by the same
checks, and refused in the same words, as if it stood in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Final, TypeAlias

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from isthmus.config.checks import check_across
from isthmus.config.draft import Draft
from isthmus.config.explain import explain
from isthmus.config.fields import Section
from isthmus.config.forms import schema_of, settings_below
from isthmus.config.problems import ConfigError, Problem, show, suggest, way_out_among
from isthmus.config.settings import Settings
from isthmus.config.shape import holds_secret, section_of, type_at
from isthmus.core.secret import Secret

JSON: TypeAlias = Any
"""What JSON can say: null, truth values, numbers, texts, lists and mappings of them."""

MASK: Final = "***"
MAX_NAME_CHARS: Final = 100
"""Longer ones are not repeated in messages."""

_KEYWORDS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
"""Pydantic's names of bounds that it does not translate behind a check of ours → those of JSON schema."""

_CHOSEN: Final = (
    "logging.level",
    "request_log",
    "ip_limit",
    "server.cors_origins",
    "accounts",
    "compression",
    "cache",
    "conversations",
    "defaults",
    "streams",
    "auto_cache",
    "default_provider",
    "aliases",
)
"""Settings, and sections with all that is in them."""


@dataclass(frozen=True, slots=True)
class LiveSetting:
    """One setting as the console shows it."""

    name: str
    value: JSON
    """In force."""
    configured: JSON
    """Of file and environment: what comes back when the change is taken back."""
    default: JSON
    changed: bool
    """Whether the value is a stored one."""
    problem: str | None
    """Why the stored value is not in force."""
    schema: Mapping[str, Any]
    """JSON schema of the value."""
    description: str


def _names() -> Iterator[str]:
    for name in _CHOSEN:
        section = section_of(_field(name).annotation)
        yield from (f"{name}.{below}" for below in section.model_fields) if section else (name,)


def _field(name: str) -> FieldInfo:
    section: type[Section] = Settings
    *above, own = name.split(".")
    for part in above:
        below = section_of(section.model_fields[part].annotation)
        assert below is not None, f"{part} is no section"
        section = below
    return section.model_fields[own]


LIVE: Final = tuple(_names())
"""Dotted names of all of them."""


def with_changes(
    settings: Settings, changes: Mapping[str, JSON], providers: Collection[str] = ()
) -> Settings:
    """The settings with other values, by dotted name. None, as in the file, is the same as saying nothing.

    `providers`: names that `default_provider` may have; empty: whichever. Raises `ConfigError` with every problem found.
    """
    draft = Draft()
    draft.problems += [_unknown(name) for name in changes if name not in LIVE]
    said = {name: value for name, value in changes.items() if name in LIVE and value is not None}
    for name, value in said.items():
        draft.put(tuple(name.split(".")), value, "")
    try:
        judged = Settings.model_validate(draft.values)
    except ValidationError as error:
        explain(error, draft, Settings)
        judged = Settings()
    except RecursionError:
        raise ConfigError([Problem("", "", "nested too deeply")]) from None
    check_across(draft)
    draft.problems += _problems_of_routes(said, providers)
    if draft.problems:
        raise ConfigError(dict.fromkeys(draft.problems))
    for name in said:
        settings = _with(settings, name.split("."), judged)
    return settings


def with_stored(
    settings: Settings, stored: Mapping[str, JSON], providers: Collection[str] = ()
) -> tuple[Settings, dict[str, str]]:
    """The settings with every stored change that this version accepts, and what is wrong with the others, by name."""
    refused: dict[str, str] = {}
    for name, value in stored.items():
        try:
            settings = with_changes(settings, {name: value}, providers)
        except ConfigError as error:
            refused[name] = "; ".join(str(replace(each, path="")) for each in error.problems)
    return settings, refused


def described(
    settings: Settings, stored: Mapping[str, JSON], providers: Collection[str] = ()
) -> list[LiveSetting]:
    """Every setting that may be changed. `settings` are those of file and environment."""
    in_force, refused = with_stored(settings, stored, providers)
    return [
        LiveSetting(
            name=name,
            value=value_of(in_force, name),
            configured=value_of(settings, name),
            default=_plain(name, field.get_default()),
            changed=name in stored and name not in refused,
            problem=refused.get(name),
            schema=_schema(name),
            description=field.description or "",
        )
        for name in LIVE
        for field in [_field(name)]
    ]


def described_rest(settings: Settings) -> list[LiveSetting]:
    """Every other setting: what can be changed in file and environment alone, with secrets masked."""
    return [
        LiveSetting(
            name=name,
            value=value,
            configured=value,
            default=None if holds_secret(field.annotation) else _jsonable(field.get_default()),
            changed=False,
            problem=None,
            schema=schema_of(field),
            description=field.description or "",
        )
        for name, field in settings_below(Settings)
        if name not in LIVE and name != "providers"
        for value in [_masked(settings, name, field)]
    ]


def _masked(settings: Settings, name: str, field: FieldInfo) -> JSON:
    found: Any = settings
    for part in name.split("."):
        found = getattr(found, part)
    if not holds_secret(field.annotation):
        return _jsonable(found)
    if isinstance(found, Secret):
        return MASK if found else None
    return [MASK for _ in found] if found else ([] if found is not None else None)


def _jsonable(value: object) -> JSON:
    return TypeAdapter(Any).dump_python(value, mode="json")


def value_of(settings: Settings, name: str) -> JSON:
    """The value under a dotted name, as JSON."""
    found: Any = settings
    for part in name.split("."):
        found = getattr(found, part)
    return _plain(name, found)


def _unknown(name: str) -> Problem:
    name = name[:MAX_NAME_CHARS]
    what, inner = "cannot be changed while running", [each for each in LIVE if each.startswith(f"{name}.")]
    if inner:
        return Problem("", name, "a whole section", way_out=f"name a setting of it: {', '.join(inner)}")
    if type_at(Settings, tuple(name.split("."))) is not None:
        return Problem("", name, what, way_out="write it into the configuration file")
    near = suggest(name, LIVE)
    way_out = (
        f"did you mean {near!r}?"
        if near
        else "see `isthmus settings list` or GET /v2/settings for those that can"
    )
    return Problem("", name, what, way_out=way_out)


def _problems_of_routes(said: Mapping[str, JSON], providers: Collection[str]) -> Iterator[Problem]:
    default, aliases = said.get("default_provider"), said.get("aliases")
    if isinstance(default, str) and providers and default not in providers:
        way_out = way_out_among(default, list(providers))
        yield Problem("", "default_provider", "not among the providers", show(default), way_out)
    if isinstance(aliases, Mapping) and (circle := _circle(aliases)):
        shown = " -> ".join(map(show, circle))
        yield Problem("", "aliases", f"lead in a circle, {shown}", way_out="let one of them name a model")


def _circle(aliases: Mapping[str, object]) -> list[str]:
    """Names of the first circle of more than one alias, from its beginning to its beginning."""
    sound: set[object] = set()
    for start in aliases:
        path: list[str] = []
        at: object = start
        while isinstance(at, str) and at in aliases and at not in sound:
            if at in path:
                circle = [*path[path.index(at) :], at]
                return circle if len(circle) > 2 else []
            path.append(at)
            at = aliases[at]
        sound.update(path)
    return []


def _with(section: Any, path: list[str], judged: Any) -> Any:
    """The section with the one value under `path` taken from `judged`."""
    own, *below = path
    value = getattr(judged, own)
    if below:
        value = _with(getattr(section, own), below, value)
    return section.model_copy(update={own: value})


@lru_cache(maxsize=len(LIVE))
def _adapter(name: str) -> TypeAdapter[Any]:
    field = _field(name)
    kind: Any = field.annotation
    return TypeAdapter(Annotated[kind, *field.metadata] if field.metadata else kind)


def _plain(name: str, value: object) -> JSON:
    return _adapter(name).dump_python(value, mode="json")


def _schema(name: str) -> Mapping[str, Any]:
    schema = _adapter(name).json_schema()
    # A name and a docstring of ours say nothing to a form.
    return {
        _KEYWORDS.get(key, key): value for key, value in schema.items() if key not in {"title", "description"}
    }
