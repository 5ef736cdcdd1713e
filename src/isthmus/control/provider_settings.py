"""Settings of providers that are added at run time: the same names and checks as in the configuration file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from isthmus import registry
from isthmus.config import Problem, ProviderSettings, Settings
from isthmus.config.checks import check_across
from isthmus.config.draft import Draft
from isthmus.config.explain import explain
from isthmus.config.problems import dotted
from isthmus.config.shape import bare, is_mapping, step, value_type
from isthmus.control.account_checks import SERVED_TYPES
from isthmus.control.failures import FieldProblem
from isthmus.core.secret import Secret

MASK: Final = "***"
"""Stands where a secret is. Given back, it means: as it was."""
MAX_CHARS: Final = 200_000
OF_THE_MACHINE: Final = ("cli_path", "file_access", "mcp")
"""Parts of `claude_code`."""

_SECRET_NAMES: Final = re.compile(
    r"key|token|secret|passw|cookie|session|credential|authorization", re.IGNORECASE
)


def settings_problems(name: str, type: str, settings: Mapping[str, Any]) -> list[FieldProblem]:
    """All that is wrong with them, by field."""
    problems = [*_own_problems(type, settings)]
    if problems:
        return problems
    draft = Draft({"providers": {name: {**settings, "type": type}}})
    provider = _read(draft, name)
    check_across(draft)
    if provider is not None and not draft.problems:
        try:
            registry.build(name, provider)
        except ValueError as error:
            draft.problem(("providers", name), str(error).removeprefix(f"providers.{name}: "))
    return [_field_problem(name, each) for each in dict.fromkeys(draft.problems)]


def machine_problems(settings: Mapping[str, Any]) -> list[FieldProblem]:
    """What decides about the gateway's own machine, and so is no business of those who administer it from elsewhere."""
    own = settings.get("claude_code")
    said = "decides what runs on the gateway's machine: only its configuration file can set it"
    named = own if isinstance(own, Mapping) else {}
    return [FieldProblem(f"settings.claude_code.{name}", said) for name in OF_THE_MACHINE if name in named]


def with_own_names(settings: Mapping[str, Any]) -> dict[str, Any]:
    """`timeout` is `timeout_s` by another name, as in the file. Nulls are left out: they mean the default."""
    return {_own_name(name): value for name, value in settings.items() if value is not None}


def with_secrets(type: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What is secret becomes a `Secret`; of a type nobody knows yet, whatever is called like one."""
    return {
        name: _hidden(step(ProviderSettings, name), name, value, by_name=type not in SERVED_TYPES)
        for name, value in settings.items()
    }


def merged(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with the settings of `patch` in place of its own; null takes one away, a mask keeps what it stands for."""
    kept = {_own_name(name): _unmasked(value, old.get(name)) for name, value in patch.items()}
    return with_own_names({**old, **kept})


def shown(value: Any) -> Any:
    """The settings as JSON values, with a mask for each secret."""
    match value:
        case Secret():
            return MASK if value else ""
        case Mapping():
            return {str(name): shown(each) for name, each in value.items()}
        case list() | tuple():
            return [shown(each) for each in value]
        case _:
            return value


def shown_configured(settings: ProviderSettings) -> dict[str, Any]:
    """What the configuration file says of a provider, apart from `type` and `api_key`."""
    written: dict[str, Any] = settings.model_dump(
        mode="json", exclude_unset=True, exclude={"type", "api_key"}
    )
    return written


def _read(draft: Draft, name: str) -> ProviderSettings | None:
    """As it would be read from the file. Adds what is wrong to the draft."""
    try:
        return Settings.model_validate(draft.values).providers[name]
    except ValidationError as error:
        explain(error, draft, Settings)
        return None


def _own_name(name: str) -> str:
    return ProviderSettings.synonyms.get(name, name)


def _own_problems(type: str, settings: Mapping[str, Any]) -> Iterator[FieldProblem]:
    if type not in SERVED_TYPES:
        known = ", ".join(sorted(SERVED_TYPES))
        yield FieldProblem("type", f"there is no such type: use one of {known}")
    if not _fits_json(settings):
        yield FieldProblem("settings", f"must be JSON values, {MAX_CHARS} bytes at most")
    if "api_key" in settings:
        yield FieldProblem("settings.api_key", "belongs to an account: add one for this provider")
    if "type" in settings:
        yield FieldProblem("settings.type", "stands beside `settings`: leave it out here")
    yield from (
        FieldProblem(path, "is a mask: write the secret itself") for path in _masks(settings, "settings")
    )


def _fits_json(settings: Mapping[str, Any]) -> bool:
    try:
        text = json.dumps(shown(settings), ensure_ascii=False, allow_nan=False)
        return len(text.encode()) <= MAX_CHARS
    except (TypeError, ValueError, RecursionError):
        return False


def _masks(value: Any, path: str) -> Iterator[str]:
    match value:
        case Mapping():
            for name, each in value.items():
                yield from _masks(each, f"{path}.{name}")
        case Secret() if value.reveal() == MASK:
            yield path
        case _:
            pass


def _hidden(annotation: Any, name: str, value: Any, *, by_name: bool) -> Any:
    is_secret = bare(annotation) is Secret if annotation is not None else False
    match value:
        case str() if is_secret or (by_name and _SECRET_NAMES.search(name)):
            return Secret(value)
        case Mapping():
            below = value_type(annotation) if annotation is not None and is_mapping(annotation) else None
            return {key: _hidden(below, key, each, by_name=by_name) for key, each in value.items()}
        case _:
            return value


def _unmasked(value: Any, old: Any) -> Any:
    match value:
        case Secret() if value.reveal() == MASK and isinstance(old, Secret):
            return old
        case Mapping():
            before = old if isinstance(old, Mapping) else {}
            return {name: _unmasked(each, before.get(name)) for name, each in value.items()}
        case _:
            return value


def _field_problem(name: str, problem: Problem) -> FieldProblem:
    below = problem.path.removeprefix(dotted(("providers", name))).removeprefix(".")
    text = problem.what if problem.found is None else f"{problem.what} (found {problem.found})"
    field = f"settings.{below}" if below else "settings"
    return FieldProblem(field, f"{text}; {problem.way_out}" if problem.way_out else text)
