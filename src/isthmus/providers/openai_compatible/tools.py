"""Tools, the choice among them, and schemas in the dialect of JSON Schema that a vendor takes."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Choice, Conversation, ServerTool, ThinkingMode, Tool
from isthmus.core.losses import Action, Loss
from isthmus.providers.openai_compatible.vendor import Search, Vendor

NO_PARAMETERS: Final = '{"type":"object","properties":{}}'
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECT_TYPE: Final = msgspec.Raw(b'"object"')
_NO_PROPERTIES: Final = msgspec.Raw(b"{}")
_HOLDS_SCHEMA: Final = frozenset(("items", "additionalProperties", "not", "if", "then", "else", "contains"))
_HOLDS_SCHEMAS: Final = frozenset(("anyOf", "oneOf", "allOf", "prefixItems"))
_NAMES_SCHEMAS: Final = frozenset(("properties", "$defs", "definitions", "patternProperties"))
_PLAIN: Final = frozenset(
    (
        "type",
        "description",
        "title",
        "enum",
        "const",
        "default",
        "required",
        "$ref",
        "format",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    )
)


def render_tools(
    conversation: Conversation, vendor: Vendor, able: Abilities, losses: list[Loss]
) -> dict[str, Any]:
    """The request's fields about tools; empty when there are none."""
    tools = [_function(tool, vendor, losses) for tool in conversation.tools]
    fields: dict[str, Any] = {}
    search = _search(conversation.server_tools, vendor, losses)
    if vendor.search is Search.TOOL and search is not None:
        tools.append(search)
    if tools and _none_by_leaving_out(conversation, vendor):
        losses.append(Loss("tool_choice", Action.EMULATED, "tools left out"))
        tools = []
    if tools:
        fields["tools"] = tools
    if conversation.tools and tools:
        fields.update(_choice(conversation, vendor, able, losses))
    if vendor.search is not Search.TOOL and search is not None:
        fields.update(search)
    return fields


def _none_by_leaving_out(conversation: Conversation, vendor: Vendor) -> bool:
    choice = conversation.tool_choice
    return choice is not None and choice.mode is Choice.NONE and not vendor.none_choice


def _function(tool: Tool, vendor: Vendor, losses: list[Loss]) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = parameters(tool.schema, plain=vendor.plain_schemas)
    if tool.strict:
        if vendor.strict_tools:
            function["strict"] = True
        else:
            losses.append(Loss("tools.strict", Action.DROPPED))
    return {"type": "function", "function": function}


def _choice(
    conversation: Conversation, vendor: Vendor, able: Abilities, losses: list[Loss]
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    choice = conversation.tool_choice
    if choice is not None:
        word = _word(conversation, vendor, able, losses)
        if word is not None:
            fields["tool_choice"] = word
    if conversation.parallel_tools is False:
        if able.parallel_tools:
            fields["parallel_tool_calls"] = False
        else:
            losses.append(Loss("parallel_tool_calls", Action.DROPPED))
    return fields


def _word(
    conversation: Conversation, vendor: Vendor, able: Abilities, losses: list[Loss]
) -> str | dict[str, Any] | None:
    choice = conversation.tool_choice
    assert choice is not None
    if choice.mode in {Choice.AUTO, Choice.NONE}:
        return choice.mode.value
    thinks = vendor.thinks_by_default and conversation.reasoning.mode is not ThinkingMode.DISABLED
    if not able.forced_tools or (thinks and not able.forced_tools_while_thinking):
        losses.append(Loss("tool_choice", Action.CONVERTED, "auto"))
        return Choice.AUTO.value
    if choice.mode is Choice.TOOL and vendor.named_choice:
        return {"type": "function", "function": {"name": choice.name}}
    if choice.mode is Choice.TOOL or not vendor.required_word:
        losses.append(Loss("tool_choice", Action.CONVERTED, vendor.required_word or "auto"))
    return vendor.required_word or Choice.AUTO.value


def _search(
    server_tools: tuple[ServerTool, ...], vendor: Vendor, losses: list[Loss]
) -> dict[str, Any] | None:
    """The vendor's own search for any tool that asks for one. What such a tool was told beyond that is lost."""
    wanted = [tool for tool in server_tools if tool.kind.startswith("web_search")]
    losses += [
        Loss(f"tools.{tool.kind}", Action.DROPPED)
        for tool in server_tools
        if tool not in wanted or vendor.search is Search.NONE
    ]
    if not wanted or vendor.search is Search.NONE:
        return None
    losses.append(Loss(f"tools.{wanted[0].kind}", Action.CONVERTED, "the vendor's own search"))
    match vendor.search:
        case Search.OPTIONS:
            return {"web_search_options": {}}
        case Search.ENABLE:
            return {"enable_search": True}
        case Search.PLUGIN:
            return {"plugins": [{"id": "web"}]}
        case Search.TOOL:
            return {"type": "web_search", "web_search": {"enable": True}}


def parameters(schema: str, *, plain: bool = False) -> msgspec.Raw | dict[str, Any]:
    """The schema as the client wrote it, with the `type` that every vendor insists on and the `properties` that OpenAI
    misses ("In context=(), object schema missing properties")."""
    try:
        fields = _OBJECT.decode(schema)
        if plain:
            return {"type": "object", "properties": {}, **cleaned(msgspec.json.decode(schema))}
    except (msgspec.DecodeError, ValueError, RecursionError):
        return msgspec.Raw(NO_PARAMETERS.encode())
    if "type" in fields and ("properties" in fields or fields["type"] != _OBJECT_TYPE):
        return msgspec.Raw(schema.encode())
    fields.setdefault("properties", _NO_PROPERTIES)
    return {"type": _OBJECT_TYPE, **fields}


def cleaned(schema: Any) -> Any:
    """Only keywords that JSON Schema knows. A property may have any name, `readOnly` too: names are not keywords."""
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _PLAIN:
            kept[key] = value
        elif key in _HOLDS_SCHEMA:
            kept[key] = cleaned(value)
        elif key in _HOLDS_SCHEMAS and isinstance(value, list):
            kept[key] = [cleaned(each) for each in value]
        elif key in _NAMES_SCHEMAS and isinstance(value, dict):
            kept[key] = {name: cleaned(each) for name, each in value.items()}
    return kept
