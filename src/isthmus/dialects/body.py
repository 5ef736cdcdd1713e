"""What every dialect says of a body that is no JSON text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from isthmus.core.errors import BadRequest
from isthmus.wire.json_text import given, starts_with, text_of

NOT_JSON: Final = "The request body is not valid JSON"


def conversation_of(raw: msgspec.Raw) -> str | None:
    """`conversation_id`, as both dialects have it. What is no text names no conversation, and is not passed over either."""
    if not given(raw):
        return None
    return msgspec.json.decode(raw, type=str) if starts_with(raw, b'"') else text_of(raw)


@contextmanager
def as_bad_request() -> Iterator[None]:
    """What msgspec says about bytes that are no JSON text, said to the client."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise BadRequest(f"{NOT_JSON}: invalid UTF-8 ({error.reason})") from None
    except RecursionError:
        raise BadRequest(f"{NOT_JSON}: nested too deeply") from None
    except msgspec.DecodeError as error:
        raise BadRequest(f"{NOT_JSON}: {error}") from None
