"""The settings as a tree of kinds: what may stand under a dotted name, read from the types of the settings themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from isthmus.config.fields import Section
from isthmus.config.problems import Key
from isthmus.core.secret import Secret


def bare(annotation: Any) -> Any:
    """The type without its checks and without `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            (annotation,) = [each for each in get_args(annotation) if each is not type(None)]
        else:
            return annotation


def section_of(annotation: Any) -> type[Section] | None:
    kind = bare(annotation)
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def is_mapping(annotation: Any) -> bool:
    """A mapping of names that the operator chooses."""
    return get_origin(bare(annotation)) is Mapping


def is_list(annotation: Any) -> bool:
    return get_origin(bare(annotation)) is tuple


def value_type(annotation: Any) -> Any:
    """What stands in such a mapping or list."""
    return get_args(bare(annotation))[1 if is_mapping(annotation) else 0]


def holds_secret(annotation: Any) -> bool:
    """Whether a secret may stand here or anywhere below."""
    if section := section_of(annotation):
        return any(holds_secret(each.annotation) for each in section.model_fields.values())
    if is_mapping(annotation) or is_list(annotation):
        return holds_secret(value_type(annotation))
    return bare(annotation) is Secret


def step(annotation: Any, part: str | int) -> Any:
    """The type one name or position further down; None when nothing of that name may stand there."""
    if section := section_of(annotation):
        known = section.model_fields.get(str(part))
        return None if known is None else known.annotation
    if is_mapping(annotation) or is_list(annotation):
        return value_type(annotation)
    return None


def type_at(root: type[Section], key: Key) -> Any:
    """The type that belongs under a dotted name; None when there is no such setting."""
    annotation: Any = root
    for part in key:
        annotation = step(annotation, part)
        if annotation is None:
            return None
    return annotation


def names_below(root: type[Section]) -> Iterator[Key]:
    """Every setting with a fixed name, sections included."""
    for name in root.model_fields:
        yield (name,)
        if section := section_of(root.model_fields[name].annotation):
            for below in names_below(section):
                yield (name, *below)
