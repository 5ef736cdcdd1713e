"""A conversation → the body of `GenerateAssistantResponse`, with everything noted that it could not carry.

The whole conversation travels each time, and the same conversation always gives the same bytes. The protocol has no place
for system text (a leading pair of messages stands for it), for sampling, stop sequences, or a choice among tools.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from isthmus.core.abilities import Rule
from isthmus.core.commands import Grant
from isthmus.core.conversation import Conversation, Format, OutputFormat, Reasoning, ToolCall, ToolResult
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss, Policy, merge
from isthmus.providers.amazon_q import caching, checks, names
from isthmus.providers.amazon_q.abilities import unread
from isthmus.providers.amazon_q.history import Manner, Messages
from isthmus.providers.amazon_q.models import ModelFacts, facts_of
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.places import places
from isthmus.providers.amazon_q.reasoning import Extra, limit_output, think
from isthmus.providers.amazon_q.tools import Offer, offer
from isthmus.providers.without_fields import stops_to_read, unheard
from isthmus.wire.json_text import to_json

JSON_ONLY: Final = "Answer with one JSON object and nothing else: no code fences, no words around it."
TASK: Final = "vibe"


@dataclass(frozen=True, slots=True)
class QRequest:
    """A request ready to send, and what is left to do with its answer."""

    body: bytes
    model: str
    """The id that the service is asked for."""
    losses: tuple[Loss, ...] = ()
    stop: tuple[str, ...] = ()
    """Stop sequences: the answer must be cut at them."""
    max_tokens: int | None = None
    """Where the answer must be cut; None when the model is told, or the client did not say."""
    window: int | None = None
    """Tokens of the model's context, where known: shares of it are reported."""
    thinking_shown: bool = True
    """The client has not asked to hide the text of thoughts."""


def render(
    conversation: Conversation,
    target: Target,
    options: Options,
    grant: Grant,
    *,
    strict: bool = False,
    conversation_id: str | None = None,
    rules: Sequence[Rule] = (),
) -> QRequest:
    """`conversation` is fitted to `target`; `options` are the account's, and so is `grant`, whose survey says what its models take.
    The operator's `rules` stand above that.

    `strict` is the second rendering, after a refusal that did not say why: the plainest schemas, tool traffic as text, no
    thoughts in the history. Raises `BadRequest` for what the service is known to refuse.
    """
    return _Request(conversation, target, options, grant, strict, rules).rendered(conversation_id)


class _Request:
    def __init__(
        self,
        conversation: Conversation,
        target: Target,
        options: Options,
        grant: Grant,
        strict: bool,
        rules: Sequence[Rule],
    ) -> None:
        self._asked = conversation
        self._target = target
        self._options = options
        rows = (
            {row["id"]: row for row in grant.survey.models if "id" in row} if grant.survey is not None else {}
        )
        resolved = names.resolve(target.model, rows)
        self._model = resolved.id
        self._effort = resolved.effort
        row = rows.get(resolved.id)
        self._facts: ModelFacts | None = None if row is None else facts_of(row)
        self._unread = unread(target.model, rules, self._facts)
        self._strict = strict
        self._losses: list[Loss] = []

    def rendered(self, conversation_id: str | None) -> QRequest:
        asked = self._asked
        offered = offer(asked, plain=self._strict or self._options.strict_schemas, told=self._strict)
        messages = self._messages(offered)
        tools = self._cached(offered, messages)
        state = self._state(messages, tools, conversation_id)
        checks.check(state)
        extra, max_tokens = self._extra()
        body: dict[str, Any] = {"conversationState": state}
        if self._options.profile_arn is not None:
            body["profileArn"] = self._options.profile_arn
        if extra.fields:
            body["additionalModelRequestFields"] = extra.fields
        encoded = to_json(body)
        checks.check_size(encoded)
        stop = stops_to_read(self._asked, self._losses)
        self._drop()
        return QRequest(
            encoded,
            self._model,
            merge((*messages.losses, *offered.losses, *extra.losses, *self._losses)),
            stop,
            max_tokens,
            self._window(),
            not asked.reasoning.hidden,
        )

    def _messages(self, offered: Offer) -> Messages:
        told = self._strict or not offered.specifications
        if told and _has_traffic(self._asked):
            why = "left out after a refusal" if offered.specifications else "no tools are offered"
            self._losses.append(Loss("messages.tool_use", Action.CONVERTED, f"text: {why}"))
        messages = Messages(
            Manner(
                self._model,
                places(self._options).origin,
                told=told,
                thoughts=not self._strict,
                files_anywhere=self._options.files_anywhere,
                refuse=self._target.policy is Policy.STRICT,
                unread=self._unread,
            )
        )
        if system := self._system(offered.instructions):
            messages.lead(system, marked=any(text.cache for text in self._asked.system))
        messages.add(self._asked.turns)
        return messages

    def _system(self, instructions: list[str]) -> str:
        texts = [text.text for text in self._asked.system if text.text.strip()]
        return "\n\n".join((*texts, *instructions, *self._output(self._asked.output)))

    def _output(self, wanted: OutputFormat | None) -> list[str]:
        if wanted is None:
            return []
        self._losses.append(Loss("response_format", Action.EMULATED, "by instruction"))
        if wanted.kind is Format.JSON_SCHEMA and wanted.schema is not None:
            return [f"{JSON_ONLY} It must match this JSON Schema: {wanted.schema}"]
        return [JSON_ONLY]

    def _cached(self, offered: Offer, messages: Messages) -> list[dict[str, Any]]:
        """The tools, with cache points where there may be any; those of messages are set in place."""
        facts = self._facts
        caches = self._target.abilities.cache_marks and facts is not None and facts.caches
        newest = next(iter(messages.entries[-1].values()))
        if self._asked.cache_all is not None and newest not in messages.marked:
            messages.marked.append(newest)
        most = facts.most_marks if caches and facts is not None else 0
        tools, losses = caching.place(offered.specifications, offered.marks, messages.marked, most)
        self._losses += losses
        return tools

    def _state(
        self, messages: Messages, tools: list[dict[str, Any]], conversation_id: str | None
    ) -> dict[str, Any]:
        *history, newest = messages.entries
        if tools:
            newest[checks.USER].setdefault("userInputMessageContext", {})["tools"] = tools
        state: dict[str, Any] = {} if conversation_id is None else {"conversationId": conversation_id}
        state |= {"chatTriggerType": "MANUAL", "agentTaskType": TASK}
        if history:
            state["history"] = history
        return state | {"currentMessage": newest}

    def _extra(self) -> tuple[Extra, int | None]:
        """The model's own fields, and how long an answer may get where the model is not told."""
        schema = self._facts.fields if self._facts is not None else None
        extra = think(self._reasoning(), schema)
        wanted = self._asked.max_tokens
        if wanted is None:
            return extra, None
        limit = limit_output(wanted, schema)
        if not limit.fields:
            self._losses.append(Loss("max_tokens", Action.EMULATED, "the answer is cut"))
            return extra, wanted
        extra.fields |= limit.fields
        extra.losses += limit.losses
        return extra, None

    def _reasoning(self) -> Reasoning:
        """The effort in a model's name counts where the client says nothing else."""
        asked = self._asked.reasoning
        return replace(asked, effort=self._effort) if asked == Reasoning(hidden=asked.hidden) else asked

    def _window(self) -> int | None:
        listed = self._facts.window if self._facts is not None else None
        return listed or self._target.abilities.context_window

    def _drop(self) -> None:
        """What has no counterpart at all."""
        asked = self._asked
        tools = [f"tools.{tool.kind}" for tool in asked.server_tools]
        self._losses += [Loss(name, Action.DROPPED) for name in (*unheard(asked), *tools, *asked.knobs)]


def _has_traffic(conversation: Conversation) -> bool:
    return any(
        isinstance(block, ToolCall | ToolResult) for turn in conversation.turns for block in turn.blocks
    )
