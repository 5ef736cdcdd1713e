"""What the Messages API refuses, in its own phrases: the request as a whole. Blocks are in `anthropic_blocks`.

`check_messages` raises the first Refusal. Phrases are those of the API (its error documentation and public reports).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .answers import Refusal, measured_tokens, names
from .anthropic_blocks import (
    MessagesRequest,
    breakpoints,
    check_blocks,
    extra,
    invalid,
    signatures,
    system_text,
    tool_pairs,
)
from .anthropic_models import EFFORTS

VERSIONS = ("2023-06-01", "2026-10-21")
FIELDS = names("""
    model messages system max_tokens metadata stop_sequences stream tools tool_choice thinking service_tier
    output_config cache_control container inference_geo diagnostics user_profile_id""")
COUNT_FIELDS = names(
    "model messages system tools tool_choice thinking output_config cache_control user_profile_id"
)
SAMPLING_FIELDS = names("temperature top_p top_k")
BETA_FIELDS = {
    "context_management": "context-management-2025-06-27",
    "mcp_servers": "mcp-client-",
    "speed": "fast-mode-",
    "output_format": "structured-outputs-",
    "safeguards": "dangerous-tool-use-",
    "fallbacks": "server-side-fallback-",
    "fallback_credit_token": "fallback-credit-",
    "compaction": "compact-",
    "thread": "message-threads-",
}
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
SERVER_TOOLS = re.compile(
    r"(bash|text_editor|computer|memory|web_search|web_fetch|code_execution|tool_search_tool_\w+|computer_toolset|"
    r"browser_toolset)_\d{8}"
)
CUSTOM_TOOL_FIELDS = names("""
    type name description input_schema cache_control strict defer_loading allowed_callers input_examples
    eager_input_streaming toolset_name""")


def check_messages(request: MessagesRequest) -> None:
    """Raise the API's refusal, or return if it would answer."""
    for rule in RULES:
        rule(request)


def required_fields(request: MessagesRequest) -> None:
    needed = ("model", "messages") if request.counting else ("model", "max_tokens", "messages")
    for name in needed:
        if name not in request.body:
            raise invalid(f"{name}: Field required")
    messages = request.body["messages"]
    if not isinstance(messages, list):
        raise invalid("messages: Input should be a valid list")
    if not messages:
        raise invalid("messages: at least one message is required")


def known_fields(request: MessagesRequest) -> None:
    allowed = COUNT_FIELDS if request.counting else FIELDS
    if request.version == "2023-06-01" and not request.counting:
        allowed = allowed | SAMPLING_FIELDS
    for name in request.body:
        beta = BETA_FIELDS.get(name)
        if name not in allowed and not (beta and request.has_beta(beta)):
            raise extra(name)


def output_allowance(request: MessagesRequest) -> None:
    if request.counting:
        return
    value, card = request.body["max_tokens"], request.card
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid("max_tokens: Input should be a valid integer")
    if value < 0:
        raise invalid("max_tokens: Input should be greater than or equal to 0")
    if value > card.max_tokens:
        raise invalid(
            f"max_tokens: {value} > {card.max_tokens}, which is the maximum allowed number of output tokens for {card.id}"
        )


def sampling(request: MessagesRequest) -> None:
    body, card = request.body, request.card
    given = [name for name in ("temperature", "top_p", "top_k") if body.get(name) is not None]
    for name in given:
        if isinstance(body[name], bool) or not isinstance(body[name], int | float):
            raise invalid(f"{name}: Input should be a valid number")
        if name != "top_k" and not 0 <= body[name] <= 1:
            raise invalid(f"{name}: Input should be less than or equal to 1")
        if not card.free_sampling and body[name] != 1:
            raise invalid(f"`{name}` is deprecated for this model.")
    if "temperature" in given and "top_p" in given:
        raise invalid(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
        )
    if request.thinks and body.get("temperature", 1) != 1:
        raise invalid("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.")


def stop_sequences(request: MessagesRequest) -> None:
    for n, sequence in enumerate(request.body.get("stop_sequences") or ()):
        if not isinstance(sequence, str):
            raise invalid(f"stop_sequences.{n}: Input should be a valid string")
        if not sequence.strip():
            raise invalid("stop_sequences: each stop sequence must contain non-whitespace")


def thinking(request: MessagesRequest) -> None:
    given, card = request.body.get("thinking"), request.card
    if given is None:
        return
    kind = given.get("type") if isinstance(given, dict) else None
    if kind not in ("adaptive", "between_tools", "disabled", "enabled"):
        raise invalid(
            "thinking: Input tag found using 'type' does not match any of the expected tags: 'adaptive', "
            "'between_tools', 'disabled', 'enabled'"
        )
    if kind not in card.thinking and not (kind == "disabled" and not card.thinking):
        raise _thinking_refused(kind)
    if kind == "enabled":
        _budget(request, given.get("budget_tokens"))
    if kind == "disabled" and card.id == "claude-sonnet-5" and request.effort in ("xhigh", "max"):
        raise invalid(
            f'thinking.type "disabled" is not supported with effort "{request.effort}" on this model.'
        )
    allowed = {"type", "display", "budget_tokens"} if kind == "enabled" else {"type", "display"}
    for name in given:
        if name not in allowed or (name == "display" and kind in ("disabled", "between_tools")):
            raise extra(f"thinking.{kind}.{name}")


def _thinking_refused(kind: str) -> Refusal:
    if kind == "adaptive":
        return invalid("adaptive thinking is not supported on this model")
    return invalid(
        f'"thinking.type.{kind}" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to control thinking behavior.'
    )


def _budget(request: MessagesRequest, budget: object) -> None:
    if budget is None:
        raise invalid("thinking.enabled.budget_tokens: Field required")
    if not isinstance(budget, int) or budget < 1024:
        raise invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if not request.counting and budget >= request.body["max_tokens"]:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")


def output_config(request: MessagesRequest) -> None:
    config = request.body.get("output_config") or {}
    for name in config:
        if name not in ("effort", "format"):
            raise extra(f"output_config.{name}")
    effort = config.get("effort")
    if effort is None:
        return
    if not request.card.efforts:
        raise invalid("This model does not support the effort parameter.")
    if effort not in EFFORTS:
        raise invalid("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
    if effort not in request.card.efforts:
        supported = ", ".join(request.card.efforts)
        raise invalid(f"This model does not support effort level '{effort}'. Supported levels: {supported}.")


def tools(request: MessagesRequest) -> None:
    seen: set[str] = set()
    for n, tool in enumerate(request.body.get("tools") or ()):
        kind = tool.get("type") or "custom"
        if kind == "custom":
            _custom_tool(n, tool)
        elif not SERVER_TOOLS.fullmatch(kind):
            raise invalid(
                f"tools.{n}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
            )
        if tool.get("name") in seen:
            raise invalid("tools: Tool names must be unique.")
        seen.add(tool.get("name"))


def _custom_tool(n: int, tool: dict[str, object]) -> None:
    where = f"tools.{n}.custom"
    for key in tool:
        if key not in CUSTOM_TOOL_FIELDS:
            raise extra(f"{where}.{key}")
    name = tool.get("name")
    if not isinstance(name, str) or not TOOL_NAME.fullmatch(name):
        raise invalid(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    schema = tool.get("input_schema")
    if not isinstance(schema, dict):
        raise invalid(f"{where}.input_schema: Field required")
    if schema.get("type") != "object":
        raise invalid(f"{where}.input_schema.type: Input should be 'object'")
    if {"oneOf", "anyOf", "allOf"} & schema.keys():
        raise invalid(
            f"{where}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
        )


def tool_choice(request: MessagesRequest) -> None:
    choice = request.body.get("tool_choice")
    if choice is None:
        return
    kind = choice.get("type") if isinstance(choice, dict) else None
    offered = {tool.get("name") for tool in request.body.get("tools") or ()}
    if kind not in ("auto", "any", "tool", "none"):
        raise invalid(
            "tool_choice: Input tag does not match any of the expected tags: 'auto', 'any', 'tool', 'none'"
        )
    allowed = {
        "auto": {"type", "disable_parallel_tool_use"},
        "any": {"type", "disable_parallel_tool_use"},
        "tool": {"type", "name", "disable_parallel_tool_use"},
        "none": {"type"},
    }[kind]
    for name in choice:
        if name not in allowed:
            raise extra(f"tool_choice.{kind}.{name}")
    if not offered:
        raise invalid("tool_choice: tool_choice may only be specified while providing tools")
    if kind == "tool" and choice.get("name") not in offered:
        raise invalid(f"tool_choice: Tool '{choice.get('name')}' not found in provided tools")
    if kind in ("any", "tool") and request.thinks:
        raise invalid("Thinking may not be enabled when tool_choice forces tool use.")


def roles(request: MessagesRequest) -> None:
    messages, card = request.messages, request.card
    for n, message in enumerate(messages):
        role = message.get("role")
        allowed = ("user", "assistant", "system") if card.system_messages else ("user", "assistant")
        if role not in allowed:
            shown = " or ".join(f'"{name}"' for name in allowed)
            raise invalid(f"messages.{n}.role: Input should be {shown}")
        for name in message:
            if name == "output_config" and request.per_turn_control and role == "system":
                continue
            if name not in ("role", "content"):
                raise extra(f"messages.{n}.{name}")
        if role == "system":
            _placement(n, [each.get("role") for each in messages])
    if messages[0]["role"] != "user":
        raise invalid('messages: first message must use the "user" role')


def _placement(n: int, turns: list[object]) -> None:
    if n == 0 or turns[n - 1] != "user":
        raise invalid(f"messages.{n}: a `system` message must directly follow a `user` message")
    if n + 1 < len(turns) and turns[n + 1] != "assistant":
        raise invalid(
            f"messages.{n}: a `system` message must be last or be followed by an `assistant` message"
        )


def prefill(request: MessagesRequest) -> None:
    last = request.messages[-1]
    if last["role"] != "assistant":
        return
    if not request.card.prefill or request.thinks:
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    content = last["content"]
    final = content if isinstance(content, str) else content[-1].get("text", "") if content else ""
    if final != final.rstrip():
        raise invalid("messages: final assistant content cannot end with trailing whitespace")


def fits_the_window(request: MessagesRequest) -> None:
    tokens, window = prompt_tokens(request), request.card.max_input_tokens
    if tokens > window:
        raise invalid(f"prompt is too long: {tokens} tokens > {window} maximum")


def prompt_tokens(request: MessagesRequest) -> int:
    body = request.body
    return measured_tokens(body.get("system"), body.get("messages"), body.get("tools"))


RULES: tuple[Callable[[MessagesRequest], None], ...] = (
    required_fields,
    known_fields,
    output_allowance,
    roles,
    system_text,
    check_blocks,
    prefill,
    tool_pairs,
    signatures,
    breakpoints,
    stop_sequences,
    thinking,
    output_config,
    sampling,
    tools,
    tool_choice,
    fits_the_window,
)
