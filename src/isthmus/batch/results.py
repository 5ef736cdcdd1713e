"""Lines of a results file, each in the format that its request came in.

OpenAI's (API reference, "The request output object") and Anthropic's (`MessageBatchIndividualResponse`). OpenAI puts failed
requests into a file of their own; here they stand in the same one, in the same shape. An answer is written as it came, on one
line: numbers and the order of members stay as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.batch.lines import Format

MAX_SAID_CHARS: Final = 300
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request in the end."""

    status: int
    """0: there was no answer."""
    body: bytes = b""
    request_id: str = ""
    said: str = ""
    """With status 0: why there was none."""

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300 and compact(self.body) is not None


class ResultFault(ValueError):
    """A line that is no result of ours."""


@dataclass(frozen=True, slots=True)
class Written:
    """A line of a results file, read again."""

    custom_id: str
    succeeded: bool


def render(format: Format, custom_id: str, outcome: Outcome) -> bytes:
    """The line, with its line feed."""
    said = _openai(custom_id, outcome) if format is Format.OPENAI else _anthropic(custom_id, outcome)
    return _encode(said) + b"\n"


def compact(body: bytes) -> msgspec.Raw | None:
    """A JSON object on one line; None for anything else."""
    try:
        body.decode()
        msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        return msgspec.Raw(msgspec.json.format(body, indent=-1))
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None


def _openai(custom_id: str, outcome: Outcome) -> dict[str, Any]:
    id = f"batch_req_{outcome.request_id.removeprefix('req_') or custom_id}"
    body = compact(outcome.body)
    if outcome.status == 0 or body is None:
        error = {"code": "no_answer", "message": _why(outcome)}
        return {"id": id, "custom_id": custom_id, "response": None, "error": error}
    response = {"status_code": outcome.status, "request_id": outcome.request_id, "body": body}
    return {"id": id, "custom_id": custom_id, "response": response, "error": None}


def _anthropic(custom_id: str, outcome: Outcome) -> dict[str, Any]:
    body = compact(outcome.body)
    if body is not None and outcome.succeeded:
        return {"custom_id": custom_id, "result": {"type": "succeeded", "message": body}}
    if body is None or not _is_error(body):
        error = {"type": "api_error", "message": _why(outcome)}
        said: Any = {"type": "error", "error": error, "request_id": outcome.request_id or None}
    else:
        said = body
    return {"custom_id": custom_id, "result": {"type": "errored", "error": said}}


class _ErrorObject(msgspec.Struct):
    type: str
    message: str


class _Error(msgspec.Struct):
    error: _ErrorObject


class _Message(msgspec.Struct):
    message: str = ""


class _Refusal(msgspec.Struct):
    error: _Message


def message_in(body: bytes) -> str:
    """What a refusal says; both dialects put it at the same place. Empty when it says nothing."""
    try:
        return msgspec.json.decode(body, type=_Refusal).error.message[:MAX_SAID_CHARS]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""


def _is_error(body: msgspec.Raw) -> bool:
    try:
        msgspec.json.decode(body, type=_Error)
    except msgspec.MsgspecError:
        return False
    return True


def _why(outcome: Outcome) -> str:
    if outcome.status == 0:
        return outcome.said
    text = outcome.body.decode("utf-8", "replace")[:MAX_SAID_CHARS]
    return f"status {outcome.status}, and what came is no JSON object: {text}"


class _Response(msgspec.Struct):
    status_code: int


class _Result(msgspec.Struct):
    type: str


class _Line(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    result: _Result | None = None


_line: Final = msgspec.json.Decoder(_Line).decode


def read(raw: bytes) -> Written:
    """Raises `ResultFault`."""
    try:
        line = _line(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ResultFault(str(error)) from None
    if line.result is not None:
        return Written(line.custom_id, line.result.type == "succeeded")
    return Written(line.custom_id, line.response is not None and 200 <= line.response.status_code < 300)
