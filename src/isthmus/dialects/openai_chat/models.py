"""The model list, in the one shape both SDK families accept (run against anthropic-python 2.12 and openai-python 3.54).

Without `has_more: false` Anthropic's SDK asks for the next page for ever; OpenAI's reads `data` and ignores the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import ModelInfo
from isthmus.wire.json_text import to_json

MAX_LIMIT: Final = 1000


def models_page(
    models: Sequence[ModelInfo],
    *,
    limit: int | str | None = None,
    after_id: str | None = None,
    before_id: str | None = None,
) -> bytes:
    """One page. Without a limit everything is on it: OpenAI's clients do not ask for a second one.

    Raises `BadRequest` for a limit out of bounds and for a cursor that is no model of the list.
    """
    size = _limit(limit)
    if before_id is not None:
        end = _position(models, before_id, "before_id")
        start = 0 if size is None else max(0, end - size)
        page, has_more = models[start:end], start > 0
    else:
        start = 0 if after_id is None else _position(models, after_id, "after_id") + 1
        end = len(models) if size is None else start + size
        page, has_more = models[start:end], end < len(models)
    return to_json(
        {
            "object": "list",
            "data": [_fields(info) for info in page],
            "has_more": has_more,
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
        }
    )


def model_object(info: ModelInfo) -> bytes:
    return to_json(_fields(info))


def _fields(info: ModelInfo) -> dict[str, Any]:
    # An unknown date is said as the epoch, as Anthropic's SDK documents it.
    created_at = datetime.fromtimestamp(info.created_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": info.id,
        "type": "model",
        "object": "model",
        "created": info.created_s,
        "owned_by": info.owner,
        "display_name": info.display_name or info.id,
        "created_at": created_at,
        "lifecycle": "active",
        "max_input_tokens": info.context_window,
        "max_tokens": info.max_output_tokens,
    }


def _limit(limit: int | str | None) -> int | None:
    if limit is None:
        return None
    try:
        size = int(limit)
    except ValueError:
        size = 0
    if not 1 <= size <= MAX_LIMIT:
        raise BadRequest(f"limit: must be a whole number from 1 to {MAX_LIMIT}, not {limit!r}", field="limit")
    return size


def _position(models: Sequence[ModelInfo], id: str, field: str) -> int:
    for index, info in enumerate(models):
        if info.id == id:
            return index
    raise BadRequest(f"{field}: {id!r} is not in the list of models", field=field)
