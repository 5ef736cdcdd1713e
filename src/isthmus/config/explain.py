"""Pydantic's findings in the operator's words, each with its place in the file and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from isthmus.config.draft import Draft
from isthmus.config.fields import Section
from isthmus.config.problems import Key, dotted, kind, show, suggest, way_out_among
from isthmus.config.shape import (
    bare,
    holds_secret,
    is_list,
    is_mapping,
    names_below,
    section_of,
    step,
    type_at,
)

_EXPECTED: Final = {
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a smaller whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "string_type": "expected text",
    "string_unicode": "expected text of valid characters",
    "string_too_short": "must not be empty",
    "tuple_type": "expected a list",
    "mapping_type": "expected a mapping of names to values",
    "dict_type": "expected a mapping of names to values",
    "model_type": "expected a mapping of names to values",
    "model_attributes_type": "expected a mapping of names to values",
}
_LIMITS: Final = {
    "greater_than": ("must be more than", "gt"),
    "greater_than_equal": ("must be at least", "ge"),
    "less_than": ("must be less than", "lt"),
    "less_than_equal": ("must be at most", "le"),
}


def explain(error: ValidationError, draft: Draft, root: type[Section]) -> None:
    """Adds every finding to the draft's problems."""
    for finding in error.errors(include_url=False, include_input=False):
        key = _key_of(finding["loc"], root)
        if key in draft.unfilled:
            continue
        if finding["type"] == "extra_forbidden":
            draft.problem(key, "unknown setting", _way_out_of_unknown(key, root))
        else:
            what, way_out = _said(finding, key, draft, root)
            found = None if finding["loc"][-1:] == ("[key]",) else _found(key, draft, root)
            draft.problem(key, what, way_out, found=found)


def _key_of(location: tuple[str | int, ...], root: type[Section]) -> Key:
    """Pydantic's location without its own marks, such as `[key]` after a name that is itself wrong."""
    key: Key = ()
    annotation: Any = root
    for part in location:
        if annotation is None or (part == "[key]" and is_mapping(type_at(root, key[:-1]))):
            break
        key, annotation = (*key, part), step(annotation, part)
    return key


def _said(finding: ErrorDetails, key: Key, draft: Draft, root: type[Section]) -> tuple[str, str | None]:
    context: Mapping[str, Any] = finding.get("ctx", {})
    match finding["type"]:
        case "value_error":
            what, _, way_out = str(context["error"]).partition(": ")
            return what, way_out or None
        case "literal_error" | "enum":
            return "not one of the choices", _way_out_of_choice(key, draft, root)
        case "string_type" if isinstance(draft.value(key), int | float):
            return "expected text", "put it in quotes"
        case limit if limit in _LIMITS:
            words, name = _LIMITS[limit]
            return f"{words} {str(context[name]).removesuffix('.0')}", None
        case other:
            return _EXPECTED.get(other, finding["msg"][:1].lower() + finding["msg"][1:]), None


def _way_out_of_choice(key: Key, draft: Draft, root: type[Section]) -> str:
    annotation = bare(type_at(root, key))
    choices = [str(getattr(each, "value", each)) for each in get_args(annotation) or annotation]
    return way_out_among(str(draft.templates.get(key, draft.value(key))), choices)


def _way_out_of_unknown(key: Key, root: type[Section]) -> str:
    wrong = str(key[-1])
    section = section_of(type_at(root, key[:-1]))
    known = list(section.model_fields) if section else []
    if near := suggest(wrong, known):
        return f"did you mean {near!r}?"
    if elsewhere := next((each for each in names_below(root) if each[-1] == wrong.lower()), None):
        return f"did you mean {dotted(elsewhere)!r}?"
    return f"remove it; known here are {', '.join(known)}"


def _found(key: Key, draft: Draft, root: type[Section]) -> str | None:
    """What was written there, when it may be shown: no secret, nothing that came from the environment."""
    value, annotation = draft.value(key), type_at(root, key)
    if annotation is None or holds_secret(annotation) or section_of(annotation):
        return kind(value)
    if key in draft.templates:
        return repr(draft.templates[key])
    return kind(value) if is_mapping(annotation) or is_list(annotation) else show(value)
