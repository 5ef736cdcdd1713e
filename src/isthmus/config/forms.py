"""A setting as a form shows it: what kind of value it takes, within which bounds, in which unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.fields import FieldInfo

from isthmus.config.fields import Section
from isthmus.config.shape import bare, holds_secret, is_list, is_mapping, section_of
from isthmus.core.secret import Secret

UNITS: Final = {
    "_s": "s",
    "_ms": "ms",
    "_minutes": "min",
    "_hours": "h",
    "_days": "days",
    "_mib": "MiB",
    "_mb": "MB",
    "_tokens": "tokens",
    "_chars": "characters",
}
"""How names of settings end → the unit of their values."""
_KEYWORDS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
"""Pydantic's names of bounds that it does not translate behind a check of ours → those of JSON schema."""
_TIMES: Final = frozenset({"s", "ms", "min", "h", "days"})
_KINDS: Final = {bool: "bool", int: "int", float: "float", str: "text", Secret: "secret"}


@dataclass(frozen=True, slots=True)
class Form:
    kind: str
    """`bool`, `int`, `float`, `text`, `enum`, `list`, `map`, `duration`, `secret` or `any`."""
    choices: tuple[str, ...] | None
    """With `enum`."""
    minimum: float | None
    maximum: float | None
    unit: str | None
    secret: bool
    """Whether it is or holds a secret, which is never shown."""
    optional: bool
    """Whether it may be unset."""


def form_of(name: str, field: FieldInfo) -> Form:
    """`name`: the last part of the setting's dotted name."""
    annotation: Any = field.annotation
    unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), None)
    schema = schema_of(field)
    alternatives = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    bounds = {_KEYWORDS.get(key, key): each for key, each in (alternatives or [{}])[0].items()}
    return Form(
        _kind(annotation, unit),
        _choices(annotation),
        bounds.get("minimum", bounds.get("exclusiveMinimum")),
        bounds.get("maximum", bounds.get("exclusiveMaximum")),
        unit,
        holds_secret(annotation),
        field.default is None,
    )


def schema_of(field: FieldInfo) -> Mapping[str, Any]:
    """JSON schema of its value; empty where JSON cannot say it."""
    kind: Any = field.annotation
    if holds_secret(kind):
        return {}
    try:
        schema = TypeAdapter(Annotated[kind, *field.metadata] if field.metadata else kind).json_schema()
    except PydanticInvalidForJsonSchema:
        return {}
    return {
        _KEYWORDS.get(key, key): each for key, each in schema.items() if key not in {"title", "description"}
    }


def settings_below(section: type[Section], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Dotted name and field of every single setting of a section, those of the sections in it included."""
    for name, field in section.model_fields.items():
        below = section_of(field.annotation)
        if below is not None:
            yield from settings_below(below, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def _kind(annotation: Any, unit: str | None) -> str:
    if is_list(annotation):
        return "list"
    if is_mapping(annotation):
        return "map"
    if _choices(annotation) is not None:
        return "enum"
    kind = _KINDS.get(bare(annotation), "any")
    return "duration" if unit in _TIMES and kind in {"int", "float"} else kind


def _choices(annotation: Any) -> tuple[str, ...] | None:
    kind = bare(annotation)
    if is_list(annotation) or is_mapping(annotation):
        return None
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(each.value) for each in kind)
    return None
