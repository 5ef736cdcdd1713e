"""What `ListAvailableModels` says of the models an account may use: the truth about them, where it was asked.

Shape as in the vendor's client (aws/language-servers, bundled service client); `additionalModelRequestFieldsSchema` is reported
by third-party gateways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.core.errors import UpstreamProtocolError

Row = Mapping[str, Any]
DEFAULT_MARKS: Final = 4
"""Cache points of one request where the list gives no figure."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model as an account's list describes it. None: the list does not say."""

    id: str
    name: str = ""
    window: int | None = None
    max_output: int | None = None
    inputs: frozenset[str] | None = None
    """Upper-case words such as TEXT and IMAGE."""
    caches: bool = False
    most_marks: int = DEFAULT_MARKS
    fields: Mapping[str, Any] | None = None
    """JSON Schema of the fields that go to the model beside the conversation. None: it takes none."""
    rate: float | None = None
    """Credits of one unit of work, relative to the other models."""

    @property
    def reads_images(self) -> bool | None:
        return None if self.inputs is None else "IMAGE" in self.inputs

    @property
    def reads_documents(self) -> bool | None:
        return None if self.inputs is None else not self.inputs.isdisjoint({"DOCUMENT", "FILE", "PDF"})


def read_model_page(body: bytes) -> tuple[list[Row], str | None]:
    """The rows of one page as they came, each with its `id`, and the token of the next page. Rows without an id are passed over.

    Raises `UpstreamProtocolError` when it is no model list.
    """
    try:
        page = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        page = None
    rows = page.get("models") if isinstance(page, dict) else None
    if not isinstance(rows, list):
        raise UpstreamProtocolError("the upstream's model list is not one")
    token = page.get("nextToken")
    named: list[Row] = [{**row, "id": row["modelId"]} for row in rows if isinstance(row, dict) and _name(row)]
    return named, token if isinstance(token, str) and token else None


def read_models(body: bytes) -> list[ModelFacts]:
    """Raises `UpstreamProtocolError` when it is no model list."""
    return [facts_of(row) for row in read_model_page(body)[0]]


def facts_of(row: Row) -> ModelFacts:
    """`row` has an `id`. What is of another form than expected counts as not said."""
    limits, caching = _mapping(row.get("tokenLimits")), _mapping(row.get("promptCaching"))
    inputs = row.get("supportedInputTypes")
    fields = row.get("additionalModelRequestFieldsSchema")
    rate = row.get("rateMultiplier")
    return ModelFacts(
        id=row["id"],
        name=str(row.get("modelName") or row["id"]),
        window=_count(limits.get("maxInputTokens")),
        max_output=_count(limits.get("maxOutputTokens")),
        inputs=frozenset(str(each).upper() for each in inputs)
        if isinstance(inputs, list) and inputs
        else None,
        caches=caching.get("supportsPromptCaching") is True,
        most_marks=_count(caching.get("maximumCacheCheckpointsPerRequest")) or DEFAULT_MARKS,
        fields=fields if isinstance(fields, dict) else None,
        rate=float(rate) if isinstance(rate, int | float) and not isinstance(rate, bool) else None,
    )


def _name(row: Row) -> bool:
    return isinstance(row.get("modelId"), str) and bool(row["modelId"])


def _mapping(value: Any) -> Row:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and value > 0 else None
