"""A reply as the web app receives it: events of the `messages` rendering, or of the older `raw` one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from isthmus.simulators.claude_web.answers import Item
from isthmus.simulators.claude_web.clock import streamed
from isthmus.simulators.claude_web.refusals import Json
from isthmus.simulators.claude_web.reply import (
    Block,
    Citation,
    Reply,
    ServerTool,
    Text,
    Thinking,
    fragments,
    spoken,
)
from isthmus.simulators.claude_web.seeds import Seeds

ONE_LINE: Final = 4096
"""Characters. A tool's result that is longer comes in one line, however long that gets."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells one reply; ids come from the seeds, times from `now_s`."""

    seeds: Seeds
    now_s: float
    human: str
    assistant: str
    limit: Json

    def messages(self, reply: Reply) -> Iterator[Item]:
        """Blocks in the order of their indexes, then why it stopped, then the limits, then the end."""
        yield self._start(reply)
        index = 0
        for block in reply.blocks:
            for events in self._block(block, index):
                yield from events
                index += 1
        delta = {"stop_reason": reply.stop_reason, "stop_sequence": None, "stop_details": None}
        usage = {} if reply.usage is None else {"usage": reply.usage}
        yield {"type": "message_delta", "delta": delta, **usage}
        yield {"type": "message_limit", "message_limit": self.limit}
        yield {"type": "message_stop"}

    def raw(self, reply: Reply) -> Iterator[Item]:
        """The text alone, a piece at a time; the last piece says why it ended."""
        pieces = spoken(reply.text) or [""]
        reason = "stop_sequence" if reply.stop_reason == "end_turn" else reply.stop_reason
        log_id = self.seeds.tag("log")
        for at, piece in enumerate(pieces):
            last = at == len(pieces) - 1
            yield {
                "completion": piece,
                "stop_reason": reason if last else None,
                "model": "claude-x",
                "stop": "\n\nHuman:" if last and reason == "stop_sequence" else None,
                "log_id": log_id,
                "messageLimit": {"type": self.limit["type"]},
            }

    def _start(self, reply: Reply) -> Json:
        message: Json = {
            "id": self.seeds.tag("chatcompl"),
            "type": "message",
            "role": "assistant",
            "model": "",
            "parent_uuid": self.human,
            "uuid": self.assistant,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "trace_id": self.seeds.tag("trace").removeprefix("trace_"),
            "request_id": self.seeds.tag("req"),
        }
        if reply.usage is not None:
            message["usage"] = reply.usage
        return {"type": "message_start", "message": message, "discarded_parent_message_uuid": None}

    def _block(self, block: Block, index: int) -> Iterator[list[Item]]:
        """One list of events for each block on the wire; a server's tool makes two."""
        match block:
            case Thinking():
                yield self._framed(index, _thinking_start(), [*_thought(block)])
            case Text():
                start = {"type": "text", "text": "", "citations": []}
                yield self._framed(index, start, [*_text(block, self.seeds)])
            case ServerTool():
                id = self.seeds.tag("toolu")
                yield self._framed(index, _use_start(block, id), [*_use(block)])
                yield self._framed(index + 1, _result_start(block, id), [*_result(block)])
            case _:
                assert_never(block)

    def _framed(self, index: int, start: Json, deltas: list[Json]) -> list[Item]:
        at = streamed(self.now_s)
        opened = {"start_timestamp": at, "stop_timestamp": None, "flags": None, **start}
        events: list[Item] = [{"type": "content_block_start", "index": index, "content_block": opened}]
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        return [*events, {"type": "content_block_stop", "index": index, "stop_timestamp": at}]


def _thinking_start() -> Json:
    return {"type": "thinking", "thinking": "", "summaries": [], "cut_off": False}


def _thought(block: Thinking) -> Iterator[Json]:
    for piece in spoken(block.text):
        yield {"type": "thinking_delta", "thinking": piece}
    if block.summary:
        yield {"type": "thinking_summary_delta", "summary": {"summary": block.summary}}


def _text(block: Text, seeds: Seeds) -> Iterator[Json]:
    """The words, with each citation opened and closed where its stretch begins and ends."""
    at = 0
    for citation in sorted(block.citations, key=lambda each: each.start):
        yield from _words(block.text[at : citation.start])
        id = seeds.uuid()
        yield {"type": "citation_start_delta", "citation": _cited(citation, id)}
        yield from _words(block.text[citation.start : citation.end])
        yield {"type": "citation_end_delta", "citation_uuid": id}
        at = citation.end
    yield from _words(block.text[at:])


def _words(text: str) -> Iterator[Json]:
    for piece in spoken(text):
        yield {"type": "text_delta", "text": piece}


def _cited(citation: Citation, id: str) -> Json:
    domain = citation.url.split("/")[2]
    metadata = {
        "type": "webpage_metadata",
        "site_domain": domain,
        "favicon_url": f"https://{domain}/favicon.ico",
        "site_name": domain,
    }
    return {
        "uuid": id,
        "title": citation.title,
        "url": citation.url,
        "metadata": metadata,
        "origin_tool_name": "web_search",
        "sources": [],
    }


def _use_start(tool: ServerTool, id: str) -> Json:
    return {
        "type": "tool_use",
        "id": id,
        "name": tool.name,
        "input": {},
        "message": tool.message,
        "icon_name": "globe",
        "display_content": None,
    }


def _use(tool: ServerTool) -> Iterator[Json]:
    for piece in fragments(tool.given):
        yield {"type": "input_json_delta", "partial_json": piece}
    if tool.message:
        yield {"type": "tool_use_block_update_delta", "message": tool.message, "display_content": None}


def _result_start(tool: ServerTool, id: str) -> Json:
    return {
        "type": "tool_result",
        "tool_use_id": id,
        "name": tool.name,
        "content": [],
        "is_error": False,
        "message": None,
        "display_content": None,
    }


def _result(tool: ServerTool) -> Iterator[Json]:
    pieces = fragments(tool.result, 40)
    whole = "".join(pieces)
    for piece in [whole] if len(whole) > ONE_LINE else pieces:
        yield {"type": "input_json_delta", "partial_json": piece}
