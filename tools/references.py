"""The tables of docs/errors.md and docs/dummy.md, written from the code they describe.

Refresh with `.venv/bin/python -m tools.references`; a test says when that is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from isthmus.core.errors import GatewayError, Kind
from isthmus.core.interfaces import CHAT, MESSAGES, Dialect
from isthmus.providers.dummy.models import MODELS
from isthmus.registry import dialects

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"


class Meaning(NamedTuple):
    when: str
    client: str
    """What official SDKs and Claude Code do about it."""


MEANINGS: Final[Mapping[Kind, Meaning]] = {
    Kind.INVALID_REQUEST: Meaning(
        "the request is not what the dialect or the model takes; the message begins with the field",
        "SDKs raise `BadRequestError`; Claude Code may try again with fewer fields",
    ),
    Kind.CONTEXT_OVERFLOW: Meaning(
        "the prompt is longer than the model's context window, in whatever words the upstream says so",
        "Claude Code compacts the conversation and goes on",
    ),
    Kind.CAPABILITY: Meaning(
        "the model lacks a feature; the whole message is `capability_rejected: CLASS`",
        "Claude Code drops that feature and repeats the request at once",
    ),
    Kind.POLICY_BLOCKED: Meaning("the upstream's content policy refused the request", "not repeated"),
    Kind.AUTHENTICATION: Meaning(
        "the client's key for this gateway is missing or wrong",
        "not repeated; give the client one of `api_keys`",
    ),
    Kind.BILLING: Meaning("the client's own budget is spent", "not repeated"),
    Kind.PERMISSION: Meaning(
        "a `Host` or `Origin` that may not use this gateway",
        "not repeated; see `server.allowed_hosts` and `server.cors_origins`",
    ),
    Kind.NOT_FOUND: Meaning(
        "no such path, method or provider", "not repeated; the message names what there is"
    ),
    Kind.MODEL_NOT_FOUND: Meaning(
        "the gateway or the upstream knows no such model",
        "Claude Code asks for another model; add the name under `models` or set `default_model`",
    ),
    Kind.CONFLICT: Meaning(
        "a conversation that is being answered or was changed meanwhile, or one more than a key may have",
        "SDKs repeat it after `retry-after`, unless told not to",
    ),
    Kind.TOO_LARGE: Meaning(
        "the body is larger than `server.max_body_mib`, or than the upstream takes", "not repeated"
    ),
    Kind.RATE_LIMIT: Meaning(
        "the upstream's rate limit or quota is reached; `retry-after` when it said until when",
        "repeated after `retry-after`, else with growing pauses",
    ),
    Kind.NOT_SUPPORTED: Meaning(
        "an endpoint that this gateway or the chosen provider does not have", "not repeated"
    ),
    Kind.TIMEOUT: Meaning(
        "the upstream did not answer within the provider's time-outs", "repeated with growing pauses"
    ),
    Kind.UPSTREAM: Meaning(
        "the upstream is broken, cannot be reached, broke its protocol, or refused the gateway's credential",
        "repeated with growing pauses; the log line says more than the client is told",
    ),
    Kind.OVERLOADED: Meaning(
        "the upstream is busy", "repeated after `retry-after`, else with growing pauses"
    ),
    Kind.INTERNAL: Meaning(
        "a bug in the gateway: its log says more under the request id", "repeated with growing pauses"
    ),
}


def errors() -> str:
    """A row for every kind of failure, as both dialects render it."""
    heads = ("kind", "Messages", "Chat Completions", "`x-should-retry`", "when", "what clients do")
    return _table(heads, (_error_row(kind) for kind in Kind))


def dummies() -> str:
    """A row for every model of the dummy provider."""
    return _table(
        ("model", "what it does"), ((f"`{name}`", each.description) for name, each in MODELS.items())
    )


def refreshed(document: str, name: str, text: str) -> str:
    """The document with what stands between its markers for `name` written anew. Raises `ValueError` without markers."""
    begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
    before, _, rest = document.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"the document lacks {begin} … {end}")
    return f"{before}{begin}\n{text}\n{end}{after}"


PAGES: Final = {"errors": errors, "dummy": dummies}
"""Page in docs/, which is also the name of its markers, and what writes its table."""


def _error_row(kind: Kind) -> Iterator[str]:
    known = dialects()
    yield f"`{kind}`"
    yield _words(known[MESSAGES], kind)
    yield _words(known[CHAT], kind)
    headers = dict(known[MESSAGES].render_error(_sample(kind), "").headers)
    yield f"`{headers['x-should-retry']}`" if "x-should-retry" in headers else ""
    yield from MEANINGS[kind]


def _words(dialect: Dialect, kind: Kind) -> str:
    """Status and type, and the code where the dialect has one."""
    rendered = dialect.render_error(_sample(kind), "")
    error = msgspec.json.decode(rendered.body)["error"]
    code = error.get("code")
    return f"{rendered.status} `{error['type']}`" + (f", code `{code}`" if code else "")


def _sample(kind: Kind) -> GatewayError:
    return GatewayError("said", kind=kind)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)


if __name__ == "__main__":
    for page, text in PAGES.items():
        file = DOCS / f"{page}.md"
        file.write_text(refreshed(file.read_text(encoding="utf-8"), page, text()), encoding="utf-8")
