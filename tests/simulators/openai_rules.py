"""What an OpenAI-compatible vendor refuses in a chat request, in the vendor's own phrases.

`check_chat` raises the first Refusal. Rules are small functions over one `ChatRequest`, run in the order of RULES.
Phrases are those the OpenAI API and the named vendors return (collected from public error reports).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from .answers import Json, Refusal, measured_tokens
from .images import IMAGE_TYPES, image_type, strict_base64
from .openai_profiles import Profile

TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MESSAGE_FIELDS = {
    "system": frozenset({"role", "content", "name"}),
    "developer": frozenset({"role", "content", "name"}),
    "user": frozenset({"role", "content", "name"}),
    "assistant": frozenset({"role", "content", "name", "refusal", "audio", "tool_calls", "function_call"}),
    "tool": frozenset({"role", "content", "tool_call_id"}),
    "function": frozenset({"role", "content", "name"}),
}
PART_FIELDS = {
    "text": frozenset({"type", "text"}),
    "image_url": frozenset({"type", "image_url"}),
    "input_audio": frozenset({"type", "input_audio"}),
    "file": frozenset({"type", "file"}),
    "refusal": frozenset({"type", "refusal"}),
}
PARTS_OF_ROLE = {"user": ("text", "image_url", "input_audio", "file"), "assistant": ("text", "refusal")}
DATA_URI = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A parsed body with all that is known about the vendor and the model asked for."""

    body: Json
    profile: Profile
    vision: bool
    window: int
    output_limit: int
    extra_fields: frozenset[str] = frozenset()

    @property
    def messages(self) -> list[Json]:
        messages: list[Json] = self.body["messages"]
        return messages

    @property
    def tools(self) -> list[Json]:
        tools: list[Json] = self.body.get("tools") or []
        return tools


def check_chat(request: ChatRequest) -> None:
    """Raise the vendor's refusal, or return if a real vendor would answer."""
    for rule in RULES:
        rule(request)


def invalid(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    return Refusal(message, param=param, code=code)


def type_name(value: object) -> str:
    kinds = (
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a decimal"),
        (str, "a string"),
        (list, "an array"),
    )
    if value is None:
        return "null"
    return next((name for kind, name in kinds if isinstance(value, kind)), "an object")


def wrong_type(param: str, expected: str, value: object) -> Refusal:
    text = f"Invalid type for '{param}': expected {expected}, but got {type_name(value)} instead."
    return invalid(text, param, "invalid_type")


# top level -------------------------------------------------------------------------------------------


def known_fields(request: ChatRequest) -> None:
    profile = request.profile
    for name in request.body:
        if profile.allows(name) or name in request.extra_fields:
            continue
        if profile.unknown_field_status == 422:
            raise Refusal("Extra inputs are not permitted", status=422, param=name)
        raise invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


def messages_are_objects(request: ChatRequest) -> None:
    messages = request.body.get("messages")
    if messages is None:
        raise invalid("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
    if not isinstance(messages, list):
        raise wrong_type("messages", "an array of objects", messages)
    if not messages:
        text = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise invalid(text, "messages", "empty_array")
    for n, message in enumerate(messages):
        if not isinstance(message, dict):
            raise wrong_type(f"messages[{n}]", "an object", message)


def output_allowance(request: ChatRequest) -> None:
    body, profile = request.body, request.profile
    given = [name for name in ("max_tokens", "max_completion_tokens") if body.get(name) is not None]
    if len(given) == 2:
        text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise invalid(text, "max_tokens", "invalid_parameter_combination")
    for name in given:
        if name not in profile.limit_fields:
            other = ", ".join(sorted(profile.limit_fields))
            text = f"Unsupported parameter: '{name}' is not supported with this model. Use '{other}' instead."
            raise invalid(text, name, "unsupported_parameter")
        _allowance_in_range(name, body[name], request.output_limit)


def _allowance_in_range(name: str, value: object, limit: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(name, "an integer", value)
    if value < 1:
        text = (
            f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {value} instead."
        )
        raise invalid(text, name, "integer_below_min_value")
    if value > limit:
        text = (
            f"{name} is too large: {value}. This model supports at most {limit} completion tokens, "
            f"whereas you provided {value}."
        )
        raise invalid(text, name, "invalid_value")


def sampling(request: ChatRequest) -> None:
    body = request.body
    for name, top in (("temperature", 2), ("top_p", 1), ("presence_penalty", 2), ("frequency_penalty", 2)):
        value = body.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(name, "a decimal", value)
        if value > top:
            text = f"Invalid '{name}': decimal above maximum value. Expected a value <= {top}, but got {value} instead."
            raise invalid(text, name, "decimal_above_max_value")
        if not request.profile.sampling and value != (0 if "penalty" in name else 1):
            text = (
                f"Unsupported value: '{name}' does not support {value} with this model. "
                "Only the default (1) value is supported."
            )
            raise invalid(text, name, "unsupported_value")


def stops(request: ChatRequest) -> None:
    stop = request.body.get("stop")
    if stop is None:
        return
    if not request.profile.stop:
        text = "Unsupported parameter: 'stop' is not supported with this model."
        raise invalid(text, "stop", "unsupported_parameter")
    texts = [stop] if isinstance(stop, str) else stop
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise wrong_type("stop", "a string or an array of strings", stop)
    if len(texts) > 4:
        text = (
            "Invalid 'stop': array too long. Expected an array with maximum length 4, "
            f"but got an array with length {len(texts)} instead."
        )
        raise invalid(text, "stop", "array_above_max_length")
    if not all(texts):
        raise invalid("Invalid 'stop': empty string. Expected a non-empty string.", "stop", "empty_string")


def stream_options(request: ChatRequest) -> None:
    if request.body.get("stream_options") is not None and not request.body.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise invalid(text, "stream_options", None)


# messages --------------------------------------------------------------------------------------------


def roles(request: ChatRequest) -> None:
    allowed = request.profile.roles
    for n, message in enumerate(request.messages):
        if message.get("role") in allowed:
            continue
        names = ", ".join(f"'{role}'" for role in allowed[:-1])
        text = f"Invalid value: '{message.get('role')}'. Supported values are: {names}, and '{allowed[-1]}'."
        raise invalid(text, f"messages[{n}].role", "invalid_value")


def message_fields(request: ChatRequest) -> None:
    for n, message in enumerate(request.messages):
        allowed = MESSAGE_FIELDS[message["role"]]
        if message["role"] == "assistant":
            allowed |= request.profile.message_fields
        _refuse_unknown(request, message, allowed, f"messages[{n}]")
        if "content" not in message:
            text = f"Missing required parameter: 'messages[{n}].content'."
            raise invalid(text, f"messages[{n}].content", "missing_required_parameter")


def _refuse_unknown(request: ChatRequest, value: Json, allowed: Iterable[str], where: str) -> None:
    for name in value:
        if name not in allowed:
            if request.profile.unknown_field_status == 422:
                raise Refusal("Extra inputs are not permitted", status=422, param=f"{where}.{name}")
            raise invalid(f"Unknown parameter: '{where}.{name}'.", f"{where}.{name}", "unknown_parameter")


def contents(request: ChatRequest) -> None:
    for n, message in enumerate(request.messages):
        content, where = message["content"], f"messages[{n}].content"
        match content:
            case None:
                _null_content(request, message, where)
            case str():
                if (
                    not content.strip()
                    and not request.profile.empty_content
                    and not message.get("tool_calls")
                ):
                    role = message["role"]
                    text = (
                        f"Invalid request: the message at position {n} with role '{role}' must not be empty"
                    )
                    raise invalid(text)
            case list():
                _parts(request, n, message["role"], content)
            case _:
                raise wrong_type(where, "one of a string or array of objects", content)


def _null_content(request: ChatRequest, message: Json, where: str) -> None:
    calls = message.get("tool_calls") or message.get("function_call")
    spoken = message["role"] == "assistant" and (calls or message.get("refusal"))
    if spoken and request.profile.null_content_with_calls:
        return
    raise invalid(f"Invalid value for '{where}': expected a string, got null.", where, "invalid_type")


def _parts(request: ChatRequest, n: int, role: str, parts: list[Json]) -> None:
    where = f"messages[{n}].content"
    if not parts:
        text = f"Invalid '{where}': empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise invalid(text, where, "empty_array")
    allowed = PARTS_OF_ROLE.get(role, ("text",))
    for m, part in enumerate(parts):
        kind = part.get("type")
        if kind == "image_url" and role != "user":
            text = (
                f"Invalid 'messages[{n}]'. Image URLs are only allowed for messages with role 'user', "
                f"but this message with role '{role}' contains an image URL."
            )
            raise invalid(text, f"messages[{n}]", "invalid_value")
        if kind not in allowed:
            names = ", ".join(f"'{name}'" for name in allowed)
            text = f"Invalid value: '{kind}'. Supported values are: {names}."
            raise invalid(text, f"{where}[{m}].type", "invalid_value")
        _refuse_unknown(request, part, PART_FIELDS[kind], f"{where}[{m}]")
        if kind == "text" and not isinstance(part.get("text"), str):
            raise wrong_type(f"{where}[{m}].text", "a string", part.get("text"))
        if kind == "image_url":
            _image(request, part, f"{where}[{m}].image_url")


def _image(request: ChatRequest, part: Json, where: str) -> None:
    if not request.vision:
        raise invalid(
            f"unknown variant `image_url`, expected `text` at {where}: this model does not support images"
        )
    image = part.get("image_url")
    if not isinstance(image, dict):
        raise wrong_type(where, "an object", image)
    _refuse_unknown(request, image, ("url", "detail"), where)
    url = image.get("url")
    if isinstance(url, str) and url.startswith(("https://", "http://")):
        return
    found = DATA_URI.fullmatch(url) if isinstance(url, str) else None
    data = strict_base64(found[2]) if found else None
    if found is None or data is None:
        text = f"Invalid '{where}.url'. Expected a valid URL or base64-encoded data URI, but got an invalid value."
        raise invalid(text, f"{where}.url", "invalid_value")
    if image_type(data) is None or found[1] not in IMAGE_TYPES:
        text = (
            "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
            "['png', 'jpeg', 'gif', 'webp']."
        )
        raise invalid(text, None, "invalid_image_format")


def call_shapes(request: ChatRequest) -> None:
    for n, message in enumerate(request.messages):
        calls = message.get("tool_calls")
        if calls is None:
            continue
        if calls == []:
            text = (
                f"Invalid 'messages[{n}].tool_calls': empty array. Expected an array with minimum length 1."
            )
            raise invalid(text, f"messages[{n}].tool_calls", "empty_array")
        for m, call in enumerate(calls):
            _call(request, call, f"messages[{n}].tool_calls[{m}]")


def _call(request: ChatRequest, call: Json, where: str) -> None:
    _refuse_unknown(request, call, ("id", "type", "function", "index"), where)
    function = call.get("function")
    if not isinstance(call.get("id"), str):
        raise wrong_type(f"{where}.id", "a string", call.get("id"))
    if call.get("type") != "function" or not isinstance(function, dict):
        raise invalid(
            f"Missing required parameter: '{where}.type'.", f"{where}.type", "missing_required_parameter"
        )
    _refuse_unknown(request, function, ("name", "arguments"), f"{where}.function")
    tool_name(function.get("name"), f"{where}.function.name")
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        raise wrong_type(f"{where}.function.arguments", "a string", arguments)
    if request.profile.arguments_must_parse:
        _arguments_parse(arguments)
    pattern = request.profile.tool_id
    if pattern and not pattern.fullmatch(call["id"]):
        text = f"Function call id was {call['id']} but must be a-z, A-Z, 0-9, with a length of 9."
        raise Refusal(text, kind="invalid_function_call", code="3280")


def _arguments_parse(arguments: str) -> None:
    try:
        parsed = msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid(f"Failed to parse tool call arguments as JSON object: {arguments[:80]!r}")


def tool_name(name: object, where: str) -> None:
    if not isinstance(name, str):
        raise wrong_type(where, "a string", name)
    if len(name) > 64:
        text = (
            f"Invalid '{where}': string too long. Expected a string with maximum length 64, "
            f"but got a string with length {len(name)} instead."
        )
        raise invalid(text, where, "string_above_max_length")
    if not TOOL_NAME.fullmatch(name):
        text = f"Invalid '{where}': string does not match pattern. Expected a string that matches '^[a-zA-Z0-9_-]+$'."
        raise invalid(text, where, "invalid_value")


def results_follow_calls(request: ChatRequest) -> None:
    """Each assistant turn with calls is followed at once by one tool message per call, and by no other tool message."""
    waiting: list[str] = []
    for n, message in enumerate(request.messages):
        if message["role"] == "tool":
            waiting = _result(request, n, message.get("tool_call_id"), waiting)
            continue
        _nothing_waits(n, waiting)
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
        if len(set(waiting)) < len(waiting):
            text = f"Duplicate value for 'tool_call_id' of '{waiting[0]}' in message[{n}]"
            raise invalid(text, f"messages[{n}].tool_calls", "invalid_value")
    _nothing_waits(len(request.messages), waiting)


def _result(request: ChatRequest, n: int, call_id: object, waiting: list[str]) -> list[str]:
    if not isinstance(call_id, str):
        where = f"messages[{n}].tool_call_id"
        raise invalid(f"Missing required parameter: '{where}'.", where, "missing_required_parameter")
    if call_id not in waiting:
        text = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        raise invalid(text, f"messages.[{n}].role")
    if request.profile.results_in_call_order and waiting[0] != call_id:
        text = (
            f"Tool results must follow the order of the tool calls: expected '{waiting[0]}', got '{call_id}'."
        )
        raise invalid(text, f"messages.[{n}].tool_call_id")
    return [waited for waited in waiting if waited != call_id]


def _nothing_waits(n: int, waiting: list[str]) -> None:
    if waiting:
        text = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(waiting)
        )
        raise invalid(text, f"messages.[{n}].role")


def order_of_roles(request: ChatRequest) -> None:
    profile, turns = request.profile, [message["role"] for message in request.messages]
    if profile.system_only_first and any(role in ("system", "developer") for role in turns[1:]):
        raise invalid("System message must be at the beginning.")
    if profile.alternating_roles:
        _alternating([role for role in turns if role not in ("system", "developer")])
    if not profile.user_after_tool:
        for before, after in pairwise(turns):
            if before == "tool" and after in ("user", "system"):
                text = f"Unexpected role '{after}' after role 'tool'"
                raise Refusal(text, kind="invalid_request_message_order", code="3230")
    last = request.messages[-1]
    if not profile.prefill and last["role"] == "assistant" and not last.get("prefix"):
        text = "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
        raise Refusal(text, kind="invalid_request_message_order", code="3230")


MAY_FOLLOW = {
    "start": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("tool", "assistant", "user"),
}


def _alternating(turns: list[str]) -> None:
    before = "start"
    for role in turns:
        if role not in MAY_FOLLOW[before]:
            raise invalid("Conversation roles must alternate user/assistant/user/assistant/...")
        before = role


def reasoning_comes_back(request: ChatRequest) -> None:
    if not request.profile.reasoning_back or request.body.get("thinking") == {"type": "disabled"}:
        return
    for message in request.messages:
        if message.get("tool_calls") and not isinstance(message.get("reasoning_content"), str):
            raise invalid("The `reasoning_content` in the thinking mode must be passed back to the API.")


# tools -----------------------------------------------------------------------------------------------


def tools(request: ChatRequest) -> None:
    body = request.body
    if body.get("tools") == []:
        text = "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise invalid(text, "tools", "empty_array")
    for n, tool in enumerate(request.tools):
        _tool(request, tool, f"tools[{n}]")
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) is not None and not request.tools:
            raise invalid(f"'{name}' is only allowed when 'tools' are specified.", name)


def _tool(request: ChatRequest, tool: Json, where: str) -> None:
    if tool.get("type") != "function" or not isinstance(tool.get("function"), dict):
        text = f"Invalid value: '{tool.get('type')}'. Supported values are: 'function'."
        raise invalid(text, f"{where}.type", "invalid_value")
    _refuse_unknown(request, tool, ("type", "function"), where)
    function: Json = tool["function"]
    _refuse_unknown(request, function, ("name", "description", "parameters", "strict"), f"{where}.function")
    tool_name(function.get("name"), f"{where}.function.name")
    schema = function.get("parameters", {"type": "object", "properties": {}})
    if not isinstance(schema, dict) or schema.get("type") != "object":
        shown = schema.get("type") if isinstance(schema, dict) else type_name(schema)
        text = (
            f"Invalid schema for function '{function['name']}': schema must be a JSON Schema of 'type: \"object\"', "
            f"got 'type: \"{shown}\"'."
        )
        raise invalid(text, f"{where}.function.parameters", "invalid_function_parameters")


def tool_choice(request: ChatRequest) -> None:
    choice = request.body.get("tool_choice")
    if choice is None or choice in ("auto", "none"):
        return
    thinks = request.body.get("thinking") != {"type": "disabled"}
    if thinks and not request.profile.forced_tool_choice:
        raise invalid(f"This model does not support tool_choice {choice!r} in thinking mode.", "tool_choice")
    if choice in ("required", "any"):
        return
    name = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        return
    if name not in {tool["function"]["name"] for tool in request.tools}:
        raise invalid(
            f"Tool choice '{name or choice}' not found in 'tools' parameter.", "tool_choice", "invalid_value"
        )


# size ------------------------------------------------------------------------------------------------


def prompt_tokens(body: Json) -> int:
    return measured_tokens(body.get("messages"), body.get("tools"))


def fits_the_window(request: ChatRequest) -> None:
    tokens = prompt_tokens(request.body)
    if tokens > request.window:
        text = (
            f"This model's maximum context length is {request.window} tokens. However, your messages resulted in "
            f"{tokens} tokens. Please reduce the length of the messages."
        )
        raise invalid(text, "messages", "context_length_exceeded")


RULES: tuple[Callable[[ChatRequest], None], ...] = (
    messages_are_objects,
    known_fields,
    output_allowance,
    sampling,
    stops,
    stream_options,
    roles,
    message_fields,
    contents,
    call_shapes,
    results_follow_calls,
    order_of_roles,
    reasoning_comes_back,
    tools,
    tool_choice,
    fits_the_window,
)


def texts_of(message: Json) -> Iterator[str]:
    """All text of one message, whichever way it is written."""
    content = message.get("content")
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part.get("text"), str):
            yield part["text"]
