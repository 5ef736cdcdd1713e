"""The misfortunes of claude.ai accounts, by number. Script one for an account, or name it in a prompt: `[[sim: F9 date]]`.

| number | what happens | variants | strikes at |
| --- | --- | --- | --- |
| F1 | 401 `authentication_error` | | everything |
| F2 | 403 `account_session_invalid` | | everything |
| F3 | 403 `permission_error`, no code | | completion |
| F4 | a bootstrap whose `account` is null | | bootstrap |
| F5 | 400 organization disabled | | everything |
| F6 | odd lists of organizations | `empty`, `api`, `several`, `object` | organizations |
| F7 | flags on the account | `banned`, `restricted`, `expired` | organizations, account, bootstrap |
| F8 | 429 with the limit object inside the message | | completion |
| F9 | 429 with only `Retry-After` | `seconds`, `date` | completion |
| F10 | 429 with only another header | `s`, `ms` (`x-ratelimit-reset`), `unified` | completion |
| F11 | 429, the time elsewhere or nowhere | `reset_at`, `retry_after-text`, `retry_after-number`, `resets_at`, `clock`, `nothing` | same |
| F12 | 429 of one model family; of too many at once | `model`, `concurrents` | completion |
| F13 | the prompt is too long | `413`, `400` | completion |
| F14 | 529 `overloaded_error` | | completion |
| F15 | an error event before the first text | | completion |
| F16 | an error event after some text | | completion |
| F17 | the body ends after some text | | completion |
| F18 | the connection dies inside a frame | | completion |
| F19 | silence | `headers` (they come, then nothing), `nothing` | completion |
| F20 | one frame whose JSON is broken | | completion |
| F21 | something unheard of | `event`, `delta`, `block` | completion |
| F22 | the model stops early | `refusal`, `max_tokens`, `max_conversation_length` | completion |
| F23 | 200 that is no stream | `html`, `json` | completion |
| F24 | a bot check | `header`, `html`, `503` | everything |
| F25 | a page from the edge; a redirect | `403`, `502`, `504`, `302` | completion |
| F26 | the calls around | `upload-413`, `upload-415`, `upload-500`, `create-429`, `delete-500` (twice), `new-key` (once) | by its name |

Where a fault has variants and none is named, it is the first. All but the last two strike until they are cleared, unless a
count is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from isthmus.simulators.claude_web import effects, limits
from isthmus.simulators.claude_web.answers import FOREVER_S, Whole, page, refused, whole_json
from isthmus.simulators.claude_web.clock import stored
from isthmus.simulators.claude_web.effects import (
    Effect,
    Instead,
    Moment,
    NewKey,
    Restated,
    Rewritten,
    Streamed,
    Unanswered,
)
from isthmus.simulators.claude_web.refusals import Json, Refusal, error_body, session_invalid


class Endpoint(StrEnum):
    """The places where a fault can be put."""

    ORGANIZATIONS = "organizations"
    ACCOUNT = "account"
    BOOTSTRAP = "bootstrap"
    USAGE = "usage"
    MODELS = "model_config"
    CREATE = "create"
    SETTINGS = "settings"
    READ = "read"
    LIST = "list"
    DELETE = "delete"
    COMPLETION = "completion"
    RETRY = "retry"
    UPLOAD = "upload"
    CONVERT = "convert"
    DOWNLOAD = "download"


ANYWHERE: Final = frozenset(Endpoint)
_TURNS: Final = frozenset((Endpoint.COMPLETION, Endpoint.RETRY))
_WHO: Final = frozenset((Endpoint.ORGANIZATIONS, Endpoint.ACCOUNT, Endpoint.BOOTSTRAP))
_CHALLENGE: Final = '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>'


@dataclass(frozen=True, slots=True)
class Fault:
    number: str
    variant: str
    effect: Effect
    strikes: frozenset[Endpoint] = _TURNS
    times: int | None = None
    """How often, unless told otherwise; None: until cleared."""


def _refuses(refusal: Refusal) -> Instead:
    return Instead(lambda moment: refused(refusal, moment.request_id))


def _page(status: int, title: str, body: str = "", **headers: str) -> Instead:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Instead(lambda _: page(status, title, body, named))


def _flagged(kind: str, ahead_s: int) -> Rewritten:
    """Every list of flags in the body has one more."""

    def change(value: Any, moment: Moment) -> Any:
        flag = {"type": kind, "expires_at": stored(moment.now_s + ahead_s)}
        match value:
            case dict():
                return {
                    name: [*inner, flag] if name == "active_flags" else change(inner, moment)
                    for name, inner in value.items()
                }
            case list():
                return [change(each, moment) for each in value]
            case _:
                return value

    return Rewritten(change)


def _organization(id: int, capabilities: list[str]) -> Json:
    uuid = f"0f000000-0000-4000-8000-{id:012d}"
    tier = "default_claude_ai"
    shown: Json = {"id": id, "uuid": uuid, "name": f"Other {id}", "capabilities": capabilities}
    return shown | {"rate_limit_tier": tier, "billing_type": None, "raven_type": None, "active_flags": []}


def _several(own: Any, _: Moment) -> Any:
    """The developer console first, then the account's own, then one that can only chat."""
    return [_organization(1, ["api"]), *own, _organization(2, ["chat"])]


def _only_console(_: Any, __: Moment) -> Any:
    return [_organization(1, ["api", "analytics_api"])]


def _json_instead(moment: Moment) -> Whole:
    return whole_json(error_body("overloaded_error", "Overloaded", moment.request_id))


_F6: Final = frozenset((Endpoint.ORGANIZATIONS,))
_LONG: Final = "prompt is too long: 205000 tokens > 200000 maximum"

FAULTS: Final = (
    Fault("F1", "", _refuses(Refusal(401, "authentication_error", "Invalid session.")), ANYWHERE),
    Fault("F2", "", _refuses(session_invalid()), ANYWHERE),
    Fault("F3", "", _refuses(Refusal(403, "permission_error", "You may not do this."))),
    Fault("F4", "", Rewritten(lambda own, _: own | {"account": None}), frozenset((Endpoint.BOOTSTRAP,))),
    Fault(
        "F5",
        "",
        _refuses(Refusal(400, "invalid_request_error", "This organization has been disabled.")),
        ANYWHERE,
    ),
    Fault("F6", "empty", Rewritten(lambda _, __: []), _F6),
    Fault("F6", "api", Rewritten(_only_console), _F6),
    Fault("F6", "several", Rewritten(_several), _F6),
    Fault("F6", "object", Rewritten(lambda own, _: {"type": "list", "data": own}), _F6),
    Fault("F7", "banned", _flagged("banned", 30 * 86400), _WHO),
    Fault("F7", "restricted", _flagged("restricted", 86400), _WHO),
    Fault("F7", "expired", _flagged("banned", -60), _WHO),
    Fault("F8", "", Instead(limits.embedded)),
    Fault("F9", "seconds", limits.in_headers("retry-after", "from-now")),
    Fault("F9", "date", limits.in_headers("retry-after", "http-date")),
    Fault("F10", "s", limits.in_headers("x-ratelimit-reset", "s")),
    Fault("F10", "ms", limits.in_headers("x-ratelimit-reset", "ms")),
    Fault("F10", "unified", limits.in_headers("anthropic-ratelimit-unified-reset", "s")),
    Fault("F11", "reset_at", limits.in_body("reset_at", "rfc3339")),
    Fault("F11", "retry_after-text", limits.in_body("retry_after", "text")),
    Fault("F11", "retry_after-number", limits.in_body("retry_after", "from-now")),
    Fault("F11", "resets_at", limits.in_body("resets_at", "s", in_error=True)),
    Fault("F11", "clock", Instead(limits.as_clock_text)),
    Fault("F11", "nothing", Instead(limits.nowhere)),
    Fault("F12", "model", Instead(limits.embedded_for_a_family)),
    Fault("F12", "concurrents", Instead(limits.embedded_concurrents)),
    Fault("F13", "413", _refuses(Refusal(413, "request_too_large", "Request exceeds the maximum size"))),
    Fault("F13", "400", _refuses(Refusal(400, "invalid_request_error", _LONG))),
    Fault("F14", "", _refuses(Refusal(529, "overloaded_error", "Overloaded"))),
    Fault("F15", "", Streamed(effects.error_before_text)),
    Fault("F16", "", Streamed(effects.error_after_text)),
    Fault("F17", "", Streamed(effects.ended_after_text)),
    Fault("F18", "", Streamed(effects.reset_after_text)),
    Fault("F19", "headers", Streamed(effects.paused(FOREVER_S))),
    Fault("F19", "nothing", Unanswered()),
    Fault("F20", "", Streamed(effects.malformed_midway)),
    Fault("F21", "event", Streamed(effects.strange_event)),
    Fault("F21", "delta", Streamed(effects.strange_delta)),
    Fault("F21", "block", Streamed(effects.strange_block)),
    Fault("F22", "refusal", Restated(effects.refuses)),
    Fault("F22", "max_tokens", Restated(effects.runs_out)),
    Fault("F22", "max_conversation_length", Restated(effects.is_full)),
    Fault("F23", "html", _page(200, "Something went wrong")),
    Fault("F23", "json", Instead(_json_instead)),
    Fault("F24", "header", _page(403, "Just a moment...", _CHALLENGE, cf_mitigated="challenge"), ANYWHERE),
    Fault("F24", "html", _page(403, "Just a moment...", _CHALLENGE), ANYWHERE),
    Fault("F24", "503", _page(503, "Just a moment...", _CHALLENGE, cf_mitigated="challenge"), ANYWHERE),
    Fault("F25", "403", _page(403, "403 Forbidden")),
    Fault("F25", "502", _page(502, "502 Bad Gateway")),
    Fault("F25", "504", _page(504, "504 Gateway Time-out")),
    Fault("F25", "302", _page(302, "Moved", location="/login")),
    Fault(
        "F26",
        "upload-413",
        _refuses(Refusal(413, "request_too_large", "file: too large")),
        frozenset((Endpoint.UPLOAD,)),
    ),
    Fault(
        "F26",
        "upload-415",
        _refuses(Refusal(415, "invalid_request_error", "file: not a supported type")),
        frozenset((Endpoint.UPLOAD,)),
    ),
    Fault(
        "F26",
        "upload-500",
        _refuses(Refusal(500, "api_error", "Internal server error")),
        frozenset((Endpoint.UPLOAD,)),
    ),
    Fault("F26", "create-429", Instead(limits.embedded), frozenset((Endpoint.CREATE,))),
    Fault(
        "F26",
        "delete-500",
        _refuses(Refusal(500, "api_error", "Internal server error")),
        frozenset((Endpoint.DELETE,)),
        times=2,
    ),
    Fault("F26", "new-key", NewKey(), ANYWHERE, times=1),
)


def fault(name: str) -> Fault:
    """By `F9`, `F9 date` or `F9.date`. Raises `ValueError` that names the choices."""
    number, _, variant = name.strip().replace(".", " ").partition(" ")
    same = [each for each in FAULTS if each.number == number.upper()]
    found = same[:1] if not variant else [each for each in same if each.variant == variant.strip()]
    if found:
        return found[0]
    choices = [each.variant for each in same] or ["F1 … F26"]
    raise ValueError(f"no fault {name!r}: choose one of {', '.join(choices)}")
