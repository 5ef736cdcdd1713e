"""The tables of docs/configuration.md, written from the settings themselves.

Refresh with `python -m isthmus.config.reference docs/configuration.md`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from isthmus.config.environment import PREFIX
from isthmus.config.example import example_yaml
from isthmus.config.fields import Section
from isthmus.config.settings import Settings
from isthmus.config.shape import bare, is_list, is_mapping, section_of, value_type
from isthmus.core.secret import Secret

_PLACEHOLDER: Final = {"providers": "NAME", "capabilities": "PATTERN"}
_WORDS: Final = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Secret: "secret",
    object: "any",
}


def tables() -> str:
    """One Markdown table per section, the top level first."""
    return "\n\n".join(f"### {title}\n\n{table}" for title, table in _tables("", Settings))


def refreshed(document: str) -> str:
    """The document with the text between its `generated` markers written anew."""
    for name, text in (("settings", tables()), ("example", f"```yaml\n{example_yaml()}```")):
        begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        before, _, rest = document.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"the document lacks {begin} … {end}")
        document = f"{before}{begin}\n{text}\n{end}{after}"
    return document


def _tables(prefix: str, section: type[Section]) -> Iterator[tuple[str, str]]:
    rows = [
        "| setting | type | default | meaning | environment variable |",
        "| --- | --- | --- | --- | --- |",
    ]
    deeper: list[tuple[str, type[Section]]] = []
    for name, field in section.model_fields.items():
        path = f"{prefix}{name}"
        if below := section_of(field.annotation):
            deeper.append((f"{path}.", below))
            continue
        if is_mapping(field.annotation) and (below := section_of(value_type(field.annotation))):
            deeper.append((f"{path}.{_PLACEHOLDER[name]}.", below))
        rows.append(_row(path, field))
    yield (f"`{prefix[:-1]}`" if prefix else "Top level"), "\n".join(rows)
    for path, below in deeper:
        yield from _tables(path, below)


def _row(path: str, field: FieldInfo) -> str:
    variable = PREFIX + path.replace(".", "__").upper()
    cells = (
        f"`{path}`",
        type_words(field.annotation),
        _default(field.default),
        field.description or "",
        f"`{variable}`",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def type_words(annotation: Any) -> str:
    """A type as an operator would say it."""
    kind = bare(annotation)
    if is_list(annotation):
        return f"list of {type_words(value_type(annotation))}"
    if is_mapping(annotation):
        return f"mapping to {type_words(value_type(annotation))}"
    if get_origin(kind) is Literal:
        return ", ".join(f"`{each}`" for each in get_args(kind))
    if issubclass(kind, Section):
        return "a section"
    if issubclass(kind, Enum):
        return ", ".join(f"`{each.value}`" for each in kind)
    return _WORDS[kind]


def _default(value: object) -> str:
    match value:
        case None:
            return "unset"
        case bool():
            return f"`{str(value).lower()}`"
        case Enum():
            return f"`{value.value}`"
        case Secret():
            return "empty"
        case tuple():
            return f"`{json.dumps(value)}`"
        case dict():
            return "`{}`"
        case float() if value.is_integer():
            return f"`{int(value)}`"
        case _:
            return f"`{value}`"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(refreshed(target.read_text(encoding="utf-8")), encoding="utf-8")
