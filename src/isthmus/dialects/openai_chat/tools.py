"""The tools of a request and the choice among them, in today's form and in the legacy one (`functions`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from isthmus.core.conversation import Choice, ServerTool, Tool, ToolChoice
from isthmus.core.losses import Action
from isthmus.dialects.openai_chat import schema
from isthmus.dialects.openai_chat.fields import Reading, invalid, join, read, require
from isthmus.wire.json_text import given, text_of

WEB_SEARCH: Final = "web_search"
_CUSTOM_SCHEMA: Final = '{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}'
_NO_PARAMETERS: Final = '{"type":"object","properties":{}}'
_FUNCTION_KEYS: Final = frozenset(("name", "description", "parameters", "strict"))
_WORDS: Final = {
    "auto": Choice.AUTO,
    "none": Choice.NONE,
    "required": Choice.ANY,
    "any": Choice.ANY,  # Mistral's word
}


@dataclass(frozen=True, slots=True)
class Tools:
    own: tuple[Tool, ...] = ()
    vendors: tuple[ServerTool, ...] = ()
    choice: ToolChoice | None = None
    custom: frozenset[str] = frozenset()
    """Names of custom tools, whose calls go back as free text."""
    legacy: bool = False
    """The client speaks of `functions`, and can be told of one call only."""


def read_tools(fields: dict[str, msgspec.Raw], reading: Reading) -> Tools:
    own, vendors, custom = _tools(fields.get("tools", schema.ABSENT), reading)
    functions = _functions(fields.get("functions", schema.ABSENT))
    own += functions
    if given(options := fields.get("web_search_options", schema.ABSENT)):
        vendors.append(ServerTool(schema.HOME, WEB_SEARCH, WEB_SEARCH, text_of(options)))
    _check_names(own, "functions" if functions else "tools")
    legacy = bool(functions) and len(functions) == len(own)
    chosen: ToolChoice | None
    if given(choice := fields.get("tool_choice", schema.ABSENT)):
        field = "tool_choice"
        own, chosen = _choose(choice, own)
    else:
        field = "function_call"
        chosen = _legacy_choice(fields.get(field, schema.ABSENT))
    chosen = _checked(chosen, own, vendors, field)
    return Tools(tuple(own), tuple(vendors), chosen, frozenset(custom), legacy)


def _tools(raw: msgspec.Raw, reading: Reading) -> tuple[list[Tool], list[ServerTool], list[str]]:
    own: list[Tool] = []
    vendors: list[ServerTool] = []
    custom: list[str] = []
    tools = (read(raw, schema.RAWS, "tools") if given(raw) else None) or []
    for index, each in enumerate(tools):
        path = f"tools.{index}"
        kind = read(each, schema.TOOL_KIND, path).type
        if kind in (None, "function"):
            own.append(_function_tool(each, path, reading))
        elif kind == "custom":
            own.append(_custom_tool(each, path, reading))
            custom.append(own[-1].name)
        else:
            # Tools that the vendor runs (Zhipu's web_search, Moonshot's builtin_function, …).
            vendors.append(ServerTool(schema.HOME, kind, kind, text_of(each)))
    return own, vendors, custom


def _function_tool(raw: msgspec.Raw, path: str, reading: Reading) -> Tool:
    tool = read(raw, schema.TOOL, path)
    where = join(path, "function")
    function = require(tool.function, where)
    for key in _keys(raw, "function") - _FUNCTION_KEYS:
        reading.lost(f"tools.function.{key}", Action.DROPPED)
    return Tool(
        _name(function.name, where),
        function.description,
        _schema(function.parameters, join(where, "parameters")),
        function.strict,
        cache=reading.cache_mark(None, tool.cache_control),
    )


def _custom_tool(raw: msgspec.Raw, path: str, reading: Reading) -> Tool:
    """Free text as a function of one string; the grammar can only be described."""
    tool = read(raw, schema.TOOL, path)
    where = join(path, "custom")
    custom = require(tool.custom, where)
    described = [custom.description] if custom.description else []
    if custom.format is not None and custom.format.grammar is not None:
        grammar = custom.format.grammar
        described.append(
            f"The input must match this {grammar.syntax or 'grammar'} grammar:\n{grammar.definition or ''}"
        )
        reading.lost("tools.custom.format", Action.EMULATED, "grammar described, not enforced")
    return Tool(
        _name(custom.name, where),
        "\n\n".join(described) or None,
        _CUSTOM_SCHEMA,
        cache=reading.cache_mark(None, tool.cache_control),
    )


def _functions(raw: msgspec.Raw) -> list[Tool]:
    functions = (read(raw, schema.FUNCTIONS, "functions") if given(raw) else None) or []
    return [
        Tool(
            _name(function.name, f"functions.{index}"),
            function.description,
            _schema(function.parameters, f"functions.{index}.parameters"),
            function.strict,
        )
        for index, function in enumerate(functions)
    ]


def _choose(raw: msgspec.Raw, own: list[Tool]) -> tuple[list[Tool], ToolChoice]:
    """The tools that remain, and the choice among them."""
    choice = read(raw, schema.TOOL_CHOICE, "tool_choice")
    assert choice is not None
    if isinstance(choice, str):
        return own, ToolChoice(_mode(choice, "tool_choice"))
    if (allowed := choice.allowed_tools) is not None:
        return _allowed(allowed, own), ToolChoice(_mode(allowed.mode, "tool_choice.allowed_tools.mode"))
    if choice.custom is not None:
        return own, ToolChoice(Choice.TOOL, choice.custom.name)
    function = require(choice.function, "tool_choice.function")
    return own, ToolChoice(Choice.TOOL, function.name)


def _allowed(allowed: schema.AllowedTools, own: list[Tool]) -> list[Tool]:
    names = set()
    for tool in allowed.tools:
        named = tool.function or tool.custom
        names.add(named.name if named is not None else tool.name)
    kept = [tool for tool in own if tool.name in names]
    if not kept:
        raise invalid("tool_choice.allowed_tools.tools", "names none of the request's tools")
    return kept


def _legacy_choice(raw: msgspec.Raw) -> ToolChoice | None:
    if not given(raw):
        return None
    choice = read(raw, schema.FUNCTION_CHOICE, "function_call")
    assert choice is not None
    if isinstance(choice, str):
        return ToolChoice(_mode(choice, "function_call"))
    return ToolChoice(Choice.TOOL, choice.name)


def _mode(word: str, path: str) -> Choice:
    if (mode := _WORDS.get(word)) is None:
        raise invalid(path, f"must be 'auto', 'none', 'required' or name a tool, not {word!r}")
    return mode


def _checked(
    choice: ToolChoice | None, own: list[Tool], vendors: list[ServerTool], path: str
) -> ToolChoice | None:
    if choice is None:
        return None
    if choice.mode is Choice.TOOL and all(tool.name != choice.name for tool in own):
        raise invalid(path, f"names {choice.name!r}, which is none of the request's tools")
    if own or vendors:
        return choice
    if choice.mode is Choice.ANY:
        raise invalid(path, "asks for a tool call, but the request has no tools")
    return None


def _check_names(own: list[Tool], path: str) -> None:
    seen: set[str] = set()
    for tool in own:
        if tool.name in seen:
            raise invalid(path, f"holds two tools named {tool.name!r}: names must be unique")
        seen.add(tool.name)


def _name(name: str, path: str) -> str:
    if not name:
        raise invalid(join(path, "name"), "must not be empty")
    return name


def _schema(raw: msgspec.Raw, path: str) -> str:
    """The schema as it stands; none, or an empty one, means a function without parameters."""
    return text_of(raw) if given(raw) and read(raw, schema.TOP_LEVEL, path) else _NO_PARAMETERS


def _keys(raw: msgspec.Raw, name: str) -> frozenset[str]:
    return frozenset(schema.TOP_LEVEL.decode(schema.TOP_LEVEL.decode(raw)[name]))
