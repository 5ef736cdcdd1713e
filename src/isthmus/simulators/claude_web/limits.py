"""The ways in which the service has said that somebody must wait, and until when."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from isthmus.simulators.claude_web.answers import Whole, whole_json
from isthmus.simulators.claude_web.clock import http_date, stored
from isthmus.simulators.claude_web.effects import Instead, Moment
from isthmus.simulators.claude_web.quota import Window, limit_object
from isthmus.simulators.claude_web.refusals import Json, Refusal, error_body

AHEAD_S: Final = 3600
"""How far ahead every scripted reset is."""
MESSAGE: Final = "This request would exceed your account's rate limit. Please try again later."


def exceeded(limit: Json) -> Refusal:
    """The 429 of a used-up window: the limit object is the message, as text."""
    return Refusal(429, "rate_limit_error", json.dumps(limit, separators=(",", ":")))


def concurrents(windows: list[Window]) -> Refusal:
    """Too many answers at once: no time would help."""
    return exceeded(limit_object("exceeded_limit", windows, None, representativeClaim="concurrents"))


def embedded(moment: Moment) -> Whole:
    return _embedded(moment, "5h")


def embedded_for_a_family(moment: Moment) -> Whole:
    return _embedded(moment, "7d_opus")


def embedded_concurrents(moment: Moment) -> Whole:
    return _refused(moment, concurrents([]).message)


def in_headers(name: str, form: str) -> Instead:
    """A plain message, and one header."""
    return Instead(lambda moment: _refused(moment, MESSAGE, {name: str(_time(moment, form))}))


def in_body(name: str, form: str, *, in_error: bool = False) -> Instead:
    """A plain message, and one member of the body or of its error."""

    def make(moment: Moment) -> Whole:
        body = error_body("rate_limit_error", MESSAGE, moment.request_id)
        (body["error"] if in_error else body)[name] = _time(moment, form)
        return whole_json(body, 429)

    return Instead(make)


def as_clock_text(moment: Moment) -> Whole:
    """In words, as of UTC."""
    at = datetime.fromtimestamp(_reset_s(moment), UTC)
    return _refused(moment, f"You are out of messages until {at.hour % 12 or 12}:{at:%M} {at:%p}.")


def nowhere(moment: Moment) -> Whole:
    return _refused(moment, MESSAGE)


def _embedded(moment: Moment, key: str) -> Whole:
    window = Window(key, 100, 102.0)
    window.opened_s = _reset_s(moment) - window.length_s
    return _refused(moment, exceeded(limit_object("exceeded_limit", [window], window)).message)


def _refused(moment: Moment, message: str, headers: dict[str, str] | None = None) -> Whole:
    return whole_json(error_body("rate_limit_error", message, moment.request_id), 429, headers)


def _reset_s(moment: Moment) -> int:
    return int(moment.now_s) + AHEAD_S


def _time(moment: Moment, form: str) -> Any:
    """The reset as the wire writes it in that place."""
    match form:
        case "s":
            return _reset_s(moment)
        case "ms":
            return _reset_s(moment) * 1000
        case "rfc3339":
            return stored(_reset_s(moment))
        case "http-date":
            return http_date(_reset_s(moment))
        case "from-now":
            return AHEAD_S
        case _:
            return str(AHEAD_S)
