"""What an upstream cannot carry whoever translates for it, declared with the reason: rows of docs/conformance.md.

A declaration is a promise, too: the loss is named to the client in `x-isthmus-loss`. A test meets every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from isthmus.core.losses import Action

AMAZON_Q: Final = "amazon-q"
CLAUDE_WEB: Final = "claude-web"
CLAUDE_CODE: Final = "claude-code"


@dataclass(frozen=True, slots=True)
class Declared:
    upstream: str
    """Type of the provider."""
    field: str
    """As `x-isthmus-loss` names it."""
    action: Action
    why: str


def _amazon_q(why: str, action: Action, *fields: str) -> Iterator[Declared]:
    return (Declared(AMAZON_Q, field, action, why) for field in fields)


def _claude_web(why: str, action: Action, *fields: str) -> Iterator[Declared]:
    return (Declared(CLAUDE_WEB, field, action, why) for field in fields)


def _claude_code(why: str, action: Action, *fields: str) -> Iterator[Declared]:
    return (Declared(CLAUDE_CODE, field, action, why) for field in fields)


_UNLISTED: Final = "only for models whose list, as the account has it, names a field for it"
_FILES: Final = "those of older messages and beside tool results, unless `files_anywhere`; documents, unless the model's list has them"

DECLARED: Final[tuple[Declared, ...]] = (
    *_amazon_q(
        "the protocol has no place for it: a line of the system text asks for it, and guarantees nothing",
        Action.EMULATED,
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
    ),
    *_amazon_q(
        "the protocol has no place for it: the gateway reads along and ends the answer there",
        Action.EMULATED,
        "stop",
    ),
    *_amazon_q(
        "the gateway cuts the answer by its own estimate, unless the model's list has a field for it",
        Action.EMULATED,
        "max_tokens",
    ),
    *_amazon_q(
        "the protocol has no place for it",
        Action.DROPPED,
        "temperature",
        "top_p",
        "top_k",
        "seed",
        "user",
        "image_url.detail",
        "tools.strict",
    ),
    *_amazon_q(_UNLISTED, Action.DROPPED, "thinking", "effort", "cache_control"),
    *_amazon_q(
        "the service runs no tools of its own that a client could ask for",
        Action.DROPPED,
        "tools.web_search_20250305",
    ),
    *_amazon_q(
        "the protocol knows two sides only: it stays in its place, marked as the operator's",
        Action.CONVERTED,
        "messages.role:system",
    ),
    *_amazon_q(
        "the newest message is always the user's: one that asks to continue follows",
        Action.EMULATED,
        "messages.role:assistant",
    ),
    *_amazon_q(
        "calls and results without tools on offer are refused: they are told as text",
        Action.CONVERTED,
        "messages.tool_use",
    ),
    *_amazon_q(
        "a thought that is not the service's own is refused for its signature",
        Action.DROPPED,
        "messages.thinking",
    ),
    *_amazon_q(_FILES, Action.REPLACED, "image", "document"),
    *_claude_web(
        "a turn is one text: they are listed in it and called in tags, which is far less reliable than at the vendor's API",
        Action.EMULATED,
        "tools",
    ),
    *_claude_web(
        "a turn is one text: a line of it asks for this, and guarantees nothing; of several calls the first is taken",
        Action.EMULATED,
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
    ),
    *_claude_web(
        "the website has no field for it: the gateway reads along and ends the answer there, for the length by its own estimate",
        Action.EMULATED,
        "stop",
        "max_tokens",
    ),
    *_claude_web(
        "the website has no field for it",
        Action.DROPPED,
        "temperature",
        "top_p",
        "top_k",
        "seed",
        "user",
        "service_tier",
        "cache_control",
        "image_url.detail",
        "tools.strict",
    ),
    *_claude_web("only for models that think", Action.DROPPED, "thinking"),
    *_claude_web("the website knows efforts, not budgets", Action.CONVERTED, "thinking.budget_tokens"),
    *_claude_web("the website has no smaller one than `low`", Action.CLAMPED, "effort"),
    *_claude_web(
        "the website's own search is offered with `web_search`, and never beside tools of the client",
        Action.DROPPED,
        "tools.web_search_20250305",
    ),
    *_claude_web(
        "a turn is one text, in which thoughts would be speech", Action.DROPPED, "messages.thinking"
    ),
    *_claude_web(
        "more than `max_chat_history_length` characters go up as the file `context.txt`",
        Action.CONVERTED,
        "messages",
    ),
    *_claude_web(
        "roles and calls are words in a text: where somebody else writes them, they are quoted",
        Action.CONVERTED,
        "messages.content",
    ),
    *_claude_web("an account of the free plan may not choose", Action.CONVERTED, "model"),
    *_claude_web("the website does not read files of every type", Action.REPLACED, "document"),
    *_claude_code(
        "the program writes its requests itself, and has no place for it",
        Action.DROPPED,
        "container",
        "context_management",
        "inference_geo",
        "mcp_servers",
        "messages.document.citations",
        "tools.input_examples",
        "tools.strict",
    ),
    *_claude_code("the program sets marks of its own", Action.DROPPED, "cache_control"),
    *_claude_code("the program names the user itself", Action.DROPPED, "user"),
    *_claude_code(
        "tools of the API would be the program's own, which are the operator's to allow",
        Action.DROPPED,
        "tools.web_search_20250305",
    ),
    *_claude_code("Anthropic's API has no place for it", Action.DROPPED, "seed", "image_url.detail"),
    *_claude_code(
        "the program is told what the user or the model says: it stays in its place, marked as the operator's",
        Action.CONVERTED,
        "messages.role:system",
    ),
    *_claude_code("files that are kept at the API are not reached", Action.REPLACED, "document"),
)


def table() -> str:
    """As Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "| upstream | field | what becomes of it | why |"
    yield "| --- | --- | --- | --- |"
    for row in DECLARED:
        yield f"| `{row.upstream}` | `{row.field}` | {row.action} | {row.why} |"
