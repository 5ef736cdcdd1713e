"""Lines of a batch file, in the two formats that vendors document.

OpenAI's batches (API reference, "The request input object"):

    {"custom_id": "request-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": …}}

Anthropic's Message Batches (`requests` of `POST /v1/messages/batches`, one on each line):

    {"custom_id": "request-1", "params": {"model": …}}

The request itself is cut out of its line, never decoded and written again: what a vendor of the same dialect gets is what
stands in the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from isthmus.wire.json_splice import SpliceError, set_top_level_raw

MESSAGES: Final = "/v1/messages"
URLS: Final = ("/v1/chat/completions", MESSAGES, "/v1/completions", "/v1/embeddings")
"""What a line may ask for."""
MAX_ID_CHARS: Final = 512

_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_string: Final = msgspec.json.Decoder(str).decode


class Format(StrEnum):
    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class LineFault(ValueError):
    """What is wrong with a line: the field (empty: the line as a whole), and the way out."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(f"{field}: {said}" if field else said)
        self.field = field


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a batch."""

    custom_id: str
    format: Format
    url: str
    body: bytes
    """As it stands in the file, a model of the command line apart."""
    model: str


def parse(raw: bytes, expected: Format | None = None, model: str | None = None) -> Line:
    """One line of the file. `expected` is the format of the file's first line, `model` goes before the line's own.

    Raises `LineFault`.
    """
    members = _members(raw, "")
    format = _format_of(members)
    if expected is not None and format is not expected:
        raise LineFault(
            "", f"is a line for {format} in a file for {expected}: keep the two formats in files of their own"
        )
    custom_id = _text(members, "custom_id", "")
    if len(custom_id) > MAX_ID_CHARS:
        raise LineFault("custom_id", f"is longer than {MAX_ID_CHARS} characters: shorten it")
    if format is Format.ANTHROPIC:
        return _line(custom_id, format, MESSAGES, members["params"], "params", model)
    method = _text(members, "method", "")
    if method != "POST":
        raise LineFault("method", f"is {method!r}: every request of a batch is a POST")
    url = _text(members, "url", "")
    if url not in URLS:
        raise LineFault("url", f"{url!r} is not offered in a batch: use one of {', '.join(URLS)}")
    if "body" not in members:
        raise LineFault("body", "is missing: it holds the request")
    return _line(custom_id, format, url, members["body"], "body", model)


def _line(
    custom_id: str, format: Format, url: str, request: msgspec.Raw, field: str, model: str | None
) -> Line:
    body = bytes(request)
    members = _members(body, field)
    if "stream" in members and bytes(members["stream"]) not in {b"false", b"null"}:
        raise LineFault(f"{field}.stream", "a batch has no streams: leave it out")
    if model is None:
        return Line(custom_id, format, url, body, _text(members, "model", field))
    try:
        return Line(
            custom_id, format, url, set_top_level_raw(body, "model", json.dumps(model).encode()), model
        )
    except SpliceError as error:
        raise LineFault(f"{field}.model", str(error)) from None


def _format_of(members: Mapping[str, msgspec.Raw]) -> Format:
    if "params" in members and "body" not in members:
        return Format.ANTHROPIC
    if members.keys() & {"method", "url", "body"}:
        return Format.OPENAI
    if "requests" in members:
        raise LineFault("requests", "put each of them on a line of its own, without the object around them")
    raise LineFault(
        "", "is no request: it needs custom_id, method, url and body, or custom_id and params (docs/batch.md)"
    )


def _members(raw: bytes, field: str) -> dict[str, msgspec.Raw]:
    try:
        raw.decode()
        return _object(raw)
    except UnicodeDecodeError:
        raise LineFault(field, "is not UTF-8") from None
    except msgspec.ValidationError:
        raise LineFault(field, "is not a JSON object") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise LineFault(field, f"is not JSON: {error}") from None


def _text(members: Mapping[str, msgspec.Raw], name: str, within: str) -> str:
    field = f"{within}.{name}" if within else name
    if name not in members:
        raise LineFault(field, "is missing")
    try:
        text = _string(members[name])
    except msgspec.DecodeError:
        raise LineFault(field, "is not a string") from None
    if not text:
        raise LineFault(field, "is empty")
    return text
