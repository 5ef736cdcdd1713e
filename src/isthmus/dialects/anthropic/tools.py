"""The tools of a request: the client's own, those Anthropic publishes a contract for, and those it runs itself."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from isthmus.core.conversation import ANTHROPIC, Choice, ServerTool, Tool, ToolChoice
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.losses import Action
from isthmus.dialects.anthropic import schema
from isthmus.dialects.anthropic.fields import Reading, cache_mark, invalid, join, opens_with, read, require
from isthmus.dialects.anthropic.published import contract_of
from isthmus.wire.json_text import given, text_of

_SCREEN: Final = re.compile(r"(computer|browser)(_toolset)?_\d{8}")
_CARRIED = frozenset(
    ("name", "type", "description", "input_schema", "strict", "defer_loading", "cache_control")
)
_CHOICES: Final = {each.value: each for each in Choice}
_NO_LOSS = frozenset(("eager_input_streaming", "toolset_name"))
"""How fast arguments come, and bookkeeping of toolsets: the model is told neither."""


def read_tools(raw: msgspec.Raw, reading: Reading) -> tuple[tuple[Tool, ...], tuple[ServerTool, ...]]:
    """The functions the client runs, and the tools the vendor runs."""
    own: list[Tool] = []
    vendors: list[ServerTool] = []
    for index, each in enumerate(read(raw, schema.TOOLS, "tools") or ()):
        tool = _read_tool(each, f"tools.{index}", reading)
        if isinstance(tool, Tool):
            own.append(tool)
        else:
            vendors.append(tool)
    if len({tool.name for tool in own}) != len(own):
        raise invalid("tools", "Tool names must be unique.")
    return tuple(own), tuple(vendors)


def read_tool_choice(raw: msgspec.Raw) -> tuple[ToolChoice | None, bool | None]:
    """The choice, and whether tools may be called in parallel (None: not said)."""
    choice = read(raw, schema.TOOL_CHOICE, "tool_choice")
    if choice is None:
        return None, None
    if (mode := _CHOICES.get(choice.type)) is None:
        raise invalid("tool_choice.type", "Input should be 'auto', 'any', 'tool' or 'none'")
    name = require(choice.name, "tool_choice.tool.name") if mode is Choice.TOOL else None
    one_only = choice.disable_parallel_tool_use
    return ToolChoice(mode, name), None if one_only is None else not one_only


def _read_tool(raw: msgspec.Raw, path: str, reading: Reading) -> Tool | ServerTool:
    head = read(raw, schema.ANY_TOOL, path)
    if head.type in (None, "custom"):
        return _custom(raw, join(path, "custom"), reading)
    kind = head.type or ""
    if (contract := contract_of(kind)) is not None:
        reading.lost(f"tools.{kind}", Action.CONVERTED, "to a function with the published parameters")
        return Tool(head.name or kind.rpartition("_")[0], *contract)
    if _SCREEN.fullmatch(kind):
        raise BadRequest(
            f"{path}: tools of type '{kind}' work with Anthropic models only",
            field=join(path, "type"),
            kind=Kind.CAPABILITY,
        )
    return ServerTool(ANTHROPIC, kind, head.name or kind, text_of(raw))


def _custom(raw: msgspec.Raw, path: str, reading: Reading) -> Tool:
    tool = read(raw, schema.CUSTOM_TOOL, path)
    if not tool.name:
        raise invalid(join(path, "name"), "String should have at least 1 character")
    for key in read(raw, schema.KEYS, path).keys() - _CARRIED - _NO_LOSS:
        reading.lost(f"tools.{key}", Action.DROPPED)
    return Tool(
        tool.name,
        tool.description,
        strict=tool.strict,
        deferred=bool(tool.defer_loading),
        cache=cache_mark(tool.cache_control),
        **_schema(tool.input_schema, join(path, "input_schema")),
    )


def _schema(raw: msgspec.Raw, path: str) -> dict[str, str]:
    """The schema as it stands; none means a function without parameters."""
    if not given(raw):
        return {}
    if opens_with(raw) != "{":
        raise invalid(path, "Input should be a valid dictionary")
    return {"schema": text_of(raw)}
