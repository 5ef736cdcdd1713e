"""Settings from environment variables: `${NAME}` inside the file, and `ISTHMUS_…` beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from isthmus.config import jsonc
from isthmus.config.draft import Draft
from isthmus.config.fields import Section
from isthmus.config.problems import Key, Problem, dotted, suggest
from isthmus.config.shape import (
    bare,
    holds_secret,
    is_list,
    is_mapping,
    names_below,
    section_of,
    step,
    value_type,
)
from isthmus.core.secret import Secret

PREFIX: Final = "ISTHMUS_"
PATH_VARIABLE: Final = "ISTHMUS_CONFIG"
PASSWORD_VARIABLES: Final = ("ISTHMUS_ADMIN_PASSWORD", "ISTHMUS_ADMIN_PASSWORD_FILE")
"""For the first administrator: what is done with them is no setting."""
_SEPARATOR: Final = "__"
_REFERENCE: Final = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?")


def fill_in(draft: Draft, env: Mapping[str, str]) -> None:
    """Replaces `${NAME}` and `${NAME:-default}` in every text; `$${` stands for `${`. What is missing becomes a problem."""

    def walk(value: object, key: Key) -> object:
        match value:
            case str() if "${" in value:
                draft.templates[key] = value
                return _replaced(value, key, draft, env)
            case dict():
                return {name: walk(each, (*key, name)) for name, each in value.items()}
            case list():
                return [walk(each, (*key, at)) for at, each in enumerate(value)]
            case _:
                return value

    draft.values = {name: walk(value, (name,)) for name, value in draft.values.items()}


def _replaced(text: str, key: Key, draft: Draft, env: Mapping[str, str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        if match.group() == "$${":
            return "${"
        if name is None:
            draft.unfilled.add(key)
            draft.problem(
                key, "`${` without a variable's name and `}`", "write ${NAME}, or $${ for the two characters"
            )
            return ""
        if default is not None:
            return env.get(name) or default
        if name not in env:
            draft.unfilled.add(key)
            draft.problem(
                key, f"environment variable {name} is not set", f"set it, or write ${{{name}:-default}}"
            )
        return env.get(name, "")

    return _REFERENCE.sub(replacement, text)


def overlay(draft: Draft, root: type[Section], env: Mapping[str, str]) -> None:
    """Puts every `ISTHMUS_…` variable where it belongs. An empty one counts as unset, an unknown one is a warning."""
    given = [
        name
        for name in env
        if name.upper().startswith(PREFIX)
        and name.upper() not in {PATH_VARIABLE, *PASSWORD_VARIABLES}
        and env[name]
    ]
    # Short names first: a variable with a whole section as JSON gives way to one for a single setting of it.
    for variable in sorted(given, key=lambda name: (name.count(_SEPARATOR), name)):
        parts = variable[len(PREFIX) :].split(_SEPARATOR)
        if target := _resolve(draft, root, parts):
            key, annotation = target
            _put(draft, key, annotation, variable, env[variable])
        elif not _from_file(draft, root, variable, env):
            draft.warnings.append(_unknown(root, variable, parts))


def _resolve(draft: Draft, root: type[Section], parts: list[str]) -> tuple[Key, Any] | None:
    """The setting that a variable's name means, with its type."""
    key: Key = ()
    annotation: Any = root
    for part in parts:
        if not part:
            return None
        name = _name(draft, annotation, key, part)
        key, annotation = (*key, name), step(annotation, name)
        if annotation is None:
            return None
    return key, annotation


def _name(draft: Draft, annotation: Any, key: Key, part: str) -> str:
    """A known name in its own spelling. Shells allow neither `-` nor `.` in names, so `_` stands for them too."""
    if section := section_of(annotation):
        return section.synonyms.get(part.lower(), part.lower())
    existing = draft.value(key)
    names = [str(name) for name in existing] if isinstance(existing, dict) else []
    if part in names:
        return part
    folded = _folded(part)
    for name in names:
        if _folded(name) == folded:
            return name
    return part.lower() if part.isupper() else part


def _folded(name: str) -> str:
    return re.sub(r"[-.]", "_", name.lower())


def _put(draft: Draft, key: Key, annotation: Any, variable: str, text: str) -> None:
    try:
        value = _parsed(annotation, text)
    except jsonc.SyntaxProblem as error:
        way_out = f"write JSON, or set single settings as {variable}__NAME"
        draft.problems.append(Problem(variable, dotted(key), f"not JSON: {error.what}", way_out=way_out))
    else:
        draft.put(key, value, variable)


def _parsed(annotation: Any, text: str) -> object:
    """The text as what it stands for: JSON for mappings, JSON or commas for lists, itself for anything else."""
    text = text.strip()
    if text.startswith("{") and (section_of(annotation) or is_mapping(annotation)):
        return _json(text)
    if section_of(annotation) or (is_mapping(annotation) and bare(value_type(annotation)) is not str):
        raise jsonc.SyntaxProblem(1, 'expected "{"')
    if is_list(annotation) or is_mapping(annotation):
        return (
            _json(text)
            if text.startswith("[")
            else [each.strip() for each in text.split(",") if each.strip()]
        )
    if bare(annotation) is object:
        return _json_or_text(text)
    return text


def _json(text: str) -> object:
    reader = jsonc.Reader(text)
    value = reader.read()
    if reader.duplicates:
        raise jsonc.SyntaxProblem(1, f"{dotted(reader.duplicates[0][0])} is written twice")
    return value


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _from_file(draft: Draft, root: type[Section], variable: str, env: Mapping[str, str]) -> bool:
    """`…_FILE`: the secret stands in the file of that name, as container platforms mount it. False: no such setting."""
    if not variable.upper().endswith("_FILE"):
        return False
    stem = variable[: -len("_FILE")].rstrip("_")
    target = _resolve(draft, root, stem[len(PREFIX) :].split(_SEPARATOR)) if len(stem) > len(PREFIX) else None
    if target is None or not _is_secret(target[1]):
        return False
    key, annotation = target
    if env.get(stem):
        way_out = f"keep one of {stem} and {variable}"
        draft.problems.append(Problem(variable, dotted(key), "set twice", way_out=way_out))
        return True
    try:
        text = Path(env[variable]).read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError):
        way_out = "name a readable UTF-8 file that holds the value"
        draft.problems.append(Problem(variable, dotted(key), "the file cannot be read", way_out=way_out))
    else:
        draft.put(key, text.split() if is_list(annotation) else text, variable)
    return True


def _is_secret(annotation: Any) -> bool:
    return bare(annotation) is Secret or (is_list(annotation) and holds_secret(annotation))


def _unknown(root: type[Section], variable: str, parts: list[str]) -> str:
    if target := _provider_setting(root, parts):
        choices = [_SEPARATOR.join((*parts[:-1], name)).upper() for name in target]
    else:
        choices = [_SEPARATOR.join(str(part) for part in key).upper() for key in names_below(root)]
    near = suggest(_SEPARATOR.join(parts), choices)
    hint = f"did you mean {PREFIX}{near}?" if near else "see docs/configuration.md for the names"
    return f"{variable}: no setting of that name, ignored; {hint}"


def _provider_setting(root: type[Section], parts: list[str]) -> list[str]:
    """The names that could stand last, when the variable speaks of one entry of a mapping such as `providers`."""
    annotation: Any = root
    for part in parts[:-1]:
        annotation = step(annotation, part.lower())
        if annotation is None:
            return []
    section = section_of(annotation)
    return list(section.model_fields) if section and section is not root else []
