"""What the token services answer: tokens, or one of the errors of OAuth and of AWS.

The word of an error is looked for in the body's `error` first, whatever the status: there are reports of a 200 with an error in it
while nobody has answered (gajae-code's Kiro sign-in). Where the body has none, the header `x-amzn-errortype` names the exception
(botocore, `sso-oidc/2019-06-10`), and else the status decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from isthmus.core.commands import Reply
from isthmus.core.logins import LoginError, LoginProblem
from isthmus.core.secret import Secret

MAX_TEXT_CHARS: Final = 300
PENDING: Final = "authorization_pending"
SLOW_DOWN: Final = "slow_down"
SLOWER_S: Final = 5.0
"""By how much `slow_down` lengthens the interval (RFC 8628)."""
_EXCEPTION: Final = re.compile(r"(?:.*#)?([A-Za-z]+)Exception")
_SPELLED_OTHERWISE: Final = {"internal_server": "server_error"}
_TROUBLE: Final = frozenset({408, 425, 429})
_TROUBLE_WORDS: Final = frozenset(
    {"server_error", "temporarily_unavailable", "throttling", "too_many_requests"}
)
_DECISIVE: Final = frozenset(
    "authorization_pending slow_down expired_token access_denied invalid_grant invalid_client invalid_request "
    "unauthorized_client unsupported_grant_type invalid_scope invalid_client_metadata invalid_redirect_uri".split()
)
"""Words that count for more than the status they come with."""


def body_of(reply: Reply) -> Mapping[str, Any]:
    """The JSON object that the body is; empty when it is none."""
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def error_word(reply: Reply) -> str | None:
    """Such as `invalid_grant`; None for what is no error, or has no word for it."""
    word = body_of(reply).get("error")
    if isinstance(word, str) and word:
        return word.lower()
    named = reply.head.headers.get("x-amzn-errortype") or body_of(reply).get("__type")
    found = _EXCEPTION.match(named) if isinstance(named, str) else None
    if found is None:
        return None
    word = re.sub(r"(?<!^)(?=[A-Z])", "_", found[1]).lower()
    return _SPELLED_OTHERWISE.get(word, word)


def is_trouble(reply: Reply) -> bool:
    """The service is overloaded or broken, which says nothing of who asked."""
    word, status = error_word(reply), reply.head.status
    return word in _TROUBLE_WORDS or (word not in _DECISIVE and (status >= 500 or status in _TROUBLE))


def refusal(
    reply: Reply, asked: str, known: Mapping[str, LoginProblem], secrets: Iterable[Secret]
) -> LoginError:
    """What an answer without tokens means. `known`: what the words of errors mean here; any other is `REFUSED`.

    `asked` is what was wanted, for the message. `secrets` are not shown should the service repeat them.
    """
    word, status = error_word(reply), reply.head.status
    if is_trouble(reply) or word == SLOW_DOWN or (word is None and status < 400):
        wait_s = SLOWER_S if word == SLOW_DOWN else retry_after_s(reply)
        return LoginError(
            LoginProblem.PASSING,
            f"{asked}: the service has trouble ({_said(reply, secrets)}); try again later",
            wait_s=wait_s,
        )
    problem = known.get(word or "", LoginProblem.REFUSED)
    return LoginError(problem, f"{asked}: {_said(reply, secrets)}")


def retry_after_s(reply: Reply) -> float | None:
    """Seconds alone: no service here was seen to name a date."""
    text = reply.head.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def text_in(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def number_in(body: Mapping[str, Any], name: str) -> float | None:
    """What is positive and finite; truth values are no numbers."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 1e12 else None


def moment(epoch_s: float) -> str:
    """RFC 3339 in UTC, in whole seconds."""
    last_s = 253_402_300_799  # The end of the year 9999, after which no calendar here goes.
    return datetime.fromtimestamp(int(min(epoch_s, last_s)), UTC).isoformat().replace("+00:00", "Z")


def _said(reply: Reply, secrets: Iterable[Secret]) -> str:
    """The service's words on one line."""
    body = body_of(reply)
    text = text_in(body, "error_description") or text_in(body, "message") or text_in(body, "Message") or ""
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), "***")
    text = " ".join(text.split())[:MAX_TEXT_CHARS]
    known = error_word(reply) or f"status {reply.head.status}"
    return f"{known}: {text}" if text and text != known else known
