"""The service's refusals → what they mean for whoever decides what to try next.

Before the stream a refusal is a status, the header `x-amzn-errortype` and a body `{"message", "reason"}`; inside it, a frame with
the same words. The credential is the gateway's: what is said of it is for the operator (`detail`), never for the client.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.core import overflow
from isthmus.core.commands import Head
from isthmus.core.errors import AccessEnded, Kind, Next, UpstreamError, UpstreamProtocolError
from isthmus.core.figures import http_date, number_of
from isthmus.providers.amazon_q.cases import NAMES, NO_MODEL, TOO_LONG, UNKNOWN, Case, Remedy, case_of

MAX_WORDS: Final = 2000
MAX_SHOWN: Final = 200
LONGEST_WAIT_S: Final = 7 * 86_400.0
_SUFFIX: Final = re.compile(r"(?:Exception|Error)$")
_BODY: Final = msgspec.json.Decoder(dict[str, Any])


class Refused(UpstreamError):
    """A refusal of the service, with what may help."""

    def __init__(self, case: Case, message: str, *, status: int, reason: str, detail: str) -> None:
        super().__init__(
            message,
            kind=case.kind,
            status=status,
            next=case.next,
            scope=case.scope,
            paced=case.paced,
            cooldown_s=case.cooldown_s,
            retry_after_s=case.cooldown_s,
            detail=detail,
        )
        self.remedy = case.remedy
        self.longest_s = case.longest_s
        self.reason = reason
        self.told_s: float | None = None
        """How long to stay away, where the service itself said so."""


class Expired(Refused, AccessEnded):
    """Of the access token."""


class EmptyAnswer(UpstreamProtocolError):
    """A good status, and then nothing that could be shown. It passes (d-kuro/kirocc)."""


def remedy_of(error: UpstreamError) -> Remedy:
    """What may help against a failure, the network's own included."""
    match error:
        case Refused(remedy=remedy):
            return remedy
        case EmptyAnswer():
            return Remedy.ONCE_MORE
        case UpstreamError(kind=Kind.UPSTREAM, status=0) | UpstreamError(kind=Kind.UPSTREAM, next=Next.SAME):
            # No answer came, or half of one.
            return Remedy.AGAIN
        case _:
            return Remedy.NONE


@dataclass(frozen=True, slots=True)
class Refusals:
    """Classifies the refusals of one provider, whose name the messages carry."""

    provider: str
    now_s: Callable[[], float]

    def classify(self, head: Head, body: bytes) -> UpstreamError:
        """Of a status of 400 or more."""
        said = _read(body)
        name = plain_name(head.headers.get("x-amzn-errortype") or _text(said.get("__type")))
        error = self._refused(head.status, name, said, "" if said else _shown(body))
        wait_s = retry_after_s(head.headers, self.now_s())
        if wait_s is not None and error.next is not Next.NOTHING:
            error.told_s = error.retry_after_s = wait_s
            if error.cooldown_s is not None or error.kind is Kind.RATE_LIMIT:
                error.cooldown_s = wait_s
        return error

    def told(self, name: str, payload: bytes) -> UpstreamError:
        """A failure inside an answer that began with status 200. `name` is that of its frame."""
        said = _read(payload)
        plain = plain_name(name)
        status = NAMES[plain][0] if plain in NAMES else 500
        return self._refused(status, plain, said)

    def lacking(self, model: str) -> UpstreamError:
        """The refusal of a model that an account is known not to have, so that nobody need be asked."""
        detail = f"{model!r} is not on the account's list of models"
        return Refused(NO_MODEL, self.without(model), status=0, reason="", detail=detail)

    def without(self, model: str) -> str:
        """What a client is told of a model that is not there."""
        return f"provider {self.provider!r} does not have model {model!r}"

    def _refused(self, status: int, name: str, said: Mapping[str, Any], shown: str = "") -> Refused:
        """`shown` is what came instead of an error of the service: a proxy's page, for the log alone."""
        reason = _text(said.get("reason"))
        message = _text(said.get("message") or said.get("Message"))[:MAX_WORDS]
        case = case_of(status, name, reason, message)
        if case is UNKNOWN and status == 400 and overflow.recognise(message) is not None:
            case = TOO_LONG
        mark = reason or name
        words = message if not mark or mark in message else f"{message} ({mark})".strip()
        if not case.says:
            text = words or f"provider {self.provider!r} refused the request ({status})"
            return Refused(case, text, status=status, reason=reason, detail=shown)
        state = f"{case.state}: " if case.state else ""
        text = f"provider {self.provider!r} {case.says}"
        kind = Expired if case.remedy is Remedy.RENEW else Refused
        return kind(case, text, status=status, reason=reason, detail=f"{state}{words or shown or status}")


def plain_name(name: str) -> str:
    """`com.amazon#ThrottlingException:http://…` → `Throttling`. The vendor's own clients call it `ThrottlingError`."""
    plain = name.partition(":")[0].rpartition("#")[2].strip()
    return _SUFFIX.sub("", plain[:1].upper() + plain[1:])


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """From `retry-after`, in seconds or as a date; never negative, never longer than a week."""
    said = headers.get("retry-after", "")
    seconds = number_of(said)
    if seconds is None:
        at_s = http_date(said)
        if at_s is None:
            return None
        seconds = at_s - now_s
    return min(max(0.0, seconds), LONGEST_WAIT_S)


def _read(body: bytes) -> dict[str, Any]:
    try:
        return _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _shown(body: bytes) -> str:
    return " ".join(body[:MAX_SHOWN].decode("utf-8", "replace").split())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
