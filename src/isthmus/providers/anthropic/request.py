"""A conversation → the body of a Messages request.

A pure function of the conversation with a fixed order of keys, so that turn n stays a prefix of turn n + 1 and the prompt
cache holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.core.conversation import (
    ANTHROPIC,
    CacheMark,
    Choice,
    Conversation,
    Format,
    Role,
    Tool,
    ToolChoice,
    ToolResult,
    Turn,
)
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss, merge
from isthmus.providers.anthropic.content import Json, Writer, cache_control
from isthmus.providers.anthropic.forward import NEW_VERSION, OLD_VERSION
from isthmus.providers.anthropic.schemas import parameters, strict
from isthmus.providers.anthropic.thinking import Thought, think

DEFAULT_MAX_TOKENS: Final = 8_192
"""For a model of unknown limits: what all of today's take."""
WEB_SEARCH: Final = "web_search_20250305"
JSON_ONLY: Final = "Answer with one JSON object and nothing else: no code fences, no words around it."
_TIERS: Final = {"standard": "standard_only"}


@dataclass(frozen=True, slots=True)
class Written:
    body: bytes
    version: str
    """The API version that takes this body: the older one only where sampling parameters are sent (docs: api/versioning)."""
    max_tokens: int
    losses: tuple[Loss, ...]
    unfenced: bool = False
    """JSON was asked for in words only, so the answer may come in a code fence."""


def write(conversation: Conversation, target: Target, *, auto_cache: bool) -> Written:
    return _Request(conversation, target, auto_cache).written()


class _Request:
    def __init__(self, conversation: Conversation, target: Target, auto_cache: bool) -> None:
        self._asked = conversation
        self._able = target.abilities
        self._model = target.model
        self._auto_cache = auto_cache
        self._writer = Writer()
        self._losses: list[Loss] = []
        self._max_tokens = self._output_limit()
        self._thought = self._thinking()
        self._instructions: list[str] = []

    def written(self) -> Written:
        asked = self._asked
        output = self._output()
        tools = [*map(self._tool, asked.tools), *self._server_tools()]
        system = self._system()
        messages = [self._message(turn) for turn in asked.turns]
        sampling = self._sampling()
        self._drop_knobs()
        body: Json = {"model": self._model, "max_tokens": self._max_tokens}
        optional: Json = {
            "cache_control": self._cache(),
            "system": system,
            "tools": tools,
            "tool_choice": self._choice(bool(tools)),
            "thinking": self._thought.thinking,
            "output_config": output,
            "metadata": {"user_id": asked.user} if asked.user else None,
            "service_tier": self._service_tier(),
            "stop_sequences": list(asked.sampling.stop),
            **sampling,
            "stream": True if asked.stream else None,
        }
        body |= {name: value for name, value in optional.items() if value not in (None, [], {})}
        body["messages"] = [message for message in messages if message["content"]]
        losses = merge((*self._losses, *self._thought.losses, *self._writer.losses))
        return Written(
            _json(body),
            OLD_VERSION if sampling else NEW_VERSION,
            self._max_tokens,
            losses,
            bool(self._instructions),
        )

    def _output_limit(self) -> int:
        asked, most = self._asked.max_tokens, self._able.max_output_tokens
        if asked is None:
            return most or DEFAULT_MAX_TOKENS
        if most is not None and asked > most:
            self._losses.append(Loss("max_tokens", Action.CLAMPED, f"{asked}→{most}"))
            return most
        return asked

    def _thinking(self) -> Thought:
        asked = self._asked
        thought = think(asked.reasoning, self._able, self._max_tokens)
        if not thought.thinks:
            return thought
        why = ""
        if asked.turns and asked.turns[-1].role is Role.ASSISTANT:
            why = "not together with a prefill"
        elif thought.thinking and thought.thinking["type"] == "enabled" and _round_without_thought(asked):
            # With a budget the API insists on the thought before the calls, and Chat clients do not keep it.
            why = "the calls under way came without their thought"
        if not why:
            return thought
        return Thought(None, thought.effort, (Loss("reasoning_effort", Action.DROPPED, why),))

    def _output(self) -> Json:
        config: Json = {"effort": self._thought.effort} if self._thought.effort else {}
        wanted = self._asked.output
        if wanted is None:
            return config
        if wanted.kind is Format.JSON_SCHEMA and wanted.schema is not None:
            schema = strict(wanted.schema) if self._able.json_schema else None
            if schema is not None:
                return config | {"format": {"type": "json_schema", "schema": schema}}
            self._instructions.append(f"{JSON_ONLY} It must match this JSON Schema: {wanted.schema}")
        else:
            self._instructions.append(JSON_ONLY)
        self._losses.append(Loss("response_format", Action.EMULATED, "by instruction"))
        return config

    def _system(self) -> list[Json]:
        texts = [self._writer.text(text) for text in self._asked.system if text.text.strip()]
        return texts + [{"type": "text", "text": text} for text in self._instructions]

    def _message(self, turn: Turn) -> Json:
        return {"role": turn.role.value, "content": self._writer.blocks(turn.blocks)}

    def _tool(self, tool: Tool) -> Json:
        schema, note = parameters(tool.schema)
        written: Json = {"name": tool.name}
        if note:
            self._losses.append(Loss("tools.input_schema", Action.CONVERTED, "no choice at the top level"))
        description = "\n\n".join(text for text in (tool.description, note) if text)
        if description:
            written["description"] = description
        compiled = strict(bytes(schema).decode()) if tool.strict else None
        if tool.strict and compiled is None:
            self._losses.append(Loss("tools.strict", Action.DROPPED, "the schema cannot be compiled"))
        written["input_schema"] = schema if compiled is None else compiled
        if compiled is not None:
            written["strict"] = True
        return self._writer.mark(written, tool.cache)

    def _server_tools(self) -> list[Any]:
        written: list[Any] = []
        for tool in self._asked.server_tools:
            if tool.home == ANTHROPIC:
                written.append(msgspec.Raw(tool.data.encode("utf-8", "replace")))
            elif tool.kind.startswith("web_search"):
                written.append({"type": WEB_SEARCH, "name": "web_search", **_searcher(tool.data)})
                self._losses.append(Loss(f"tools.{tool.kind}", Action.CONVERTED, WEB_SEARCH))
            else:
                self._losses.append(Loss(f"tools.{tool.kind}", Action.DROPPED, "no such server tool here"))
        return written

    def _choice(self, any_tools: bool) -> Json | None:
        choice, parallel = self._asked.tool_choice, self._asked.parallel_tools
        if not any_tools or (choice is None and parallel is not False):
            return None
        choice = choice or ToolChoice(Choice.AUTO)
        if choice.mode in {Choice.ANY, Choice.TOOL} and self._thought.thinks:
            self._losses.append(Loss("tool_choice", Action.CONVERTED, "auto: thinking is on"))
            choice = ToolChoice(Choice.AUTO)
        written: Json = {"type": choice.mode.value}
        if choice.mode is Choice.TOOL:
            written["name"] = choice.name
        if parallel is False and choice.mode is not Choice.NONE:
            written["disable_parallel_tool_use"] = True
        return written

    def _sampling(self) -> Json:
        asked = self._asked.sampling
        given = {"temperature": asked.temperature, "top_p": asked.top_p, "top_k": asked.top_k}
        sent = {name: value for name, value in given.items() if value is not None}
        if sent and (not self._able.sampling or self._thought.thinks):
            why = "the model takes none" if not self._able.sampling else "thinking is on"
            self._losses += [Loss(name, Action.DROPPED, why) for name in sent]
            return {}
        if asked.temperature is not None and asked.temperature > self._able.max_temperature:
            most = self._able.max_temperature
            self._losses.append(Loss("temperature", Action.CLAMPED, f"{asked.temperature:g}→{most:g}"))
            sent["temperature"] = most
        if "temperature" in sent and "top_p" in sent:
            # Refused together since Claude 4.1; of the two the docs advise to use temperature.
            self._losses.append(Loss("top_p", Action.DROPPED, "not together with temperature"))
            del sent["top_p"]
        return sent

    def _service_tier(self) -> str | None:
        tier = self._asked.service_tier
        if tier not in (None, "auto", "standard"):
            self._losses.append(Loss("service_tier", Action.CONVERTED, "auto"))
        return None if tier is None else _TIERS.get(tier, "auto")

    def _cache(self) -> Json | None:
        """A mark on the whole, asked for or, for clients that cannot mark anything, by itself. It counts as one."""
        wanted = self._asked.cache_all
        if wanted is None and self._auto_cache and not self._writer.marked:
            wanted = CacheMark.SHORT
        holder: Json = {}
        if wanted is not None:
            holder["cache_control"] = cache_control(wanted)
            self._writer.marked.append(holder)
        self._writer.settle_marks()
        return holder.get("cache_control")

    def _drop_knobs(self) -> None:
        self._losses += [Loss(name, Action.DROPPED) for name in self._asked.knobs]
        # The id of a conversation that the gateway remembers is no field of the client's: nothing of what it asked for is lost.
        if self._asked.session is not None and self._asked.session_kept is None:
            self._losses.append(Loss("prompt_cache_key", Action.DROPPED))


def _round_without_thought(conversation: Conversation) -> bool:
    """Whether the conversation stands between a call and its answer, and the call came without a thought that can return."""
    turns = [turn for turn in conversation.turns if turn.role is not Role.SYSTEM]
    if len(turns) < 2 or not any(isinstance(block, ToolResult) for block in turns[-1].blocks):
        return False
    first = next(iter(Writer().blocks(turns[-2].blocks)), None)
    return not (isinstance(first, dict) and first["type"] in {"thinking", "redacted_thinking"})


def _searcher(options: str) -> Json:
    """Where the user is, from `web_search_options` of Chat Completions."""
    try:
        place = msgspec.json.decode(options)["user_location"]["approximate"]
        known = {
            name: str(place[name]) for name in ("city", "region", "country", "timezone") if place.get(name)
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {"user_location": {"type": "approximate", **known}} if known else {}


def _json(body: Json) -> bytes:
    """Halves of split characters, which UTF-8 cannot carry, become question marks."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return msgspec.json.encode(_sendable(body))


def _sendable(value: Any) -> Any:
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-8", "replace").decode()
        case dict():
            return {name: _sendable(each) for name, each in value.items()}
        case list():
            return [_sendable(each) for each in value]
        case _:
            return value
