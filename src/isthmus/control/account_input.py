"""Accounts as operators write them: in a request, in a file, on the command line. Checked once, here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from isthmus.config.fields import ProxyUrl, SecretText
from isthmus.control.failures import FieldProblem, words_of
from isthmus.core.secret import Secret
from isthmus.storage.accounts import API_KEY
from isthmus.storage.texts import MAX_TEXT_CHARS

MAX_BATCH: Final = 5000
"""Accounts in one request."""
MAX_SECRET_CHARS: Final = 20_000
MAX_DETAILS_CHARS: Final = 10_000
LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999, after which no calendar here goes."""
PRINTABLE: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"

Checked = TypeVar("Checked", bound=BaseModel)


def _not_too_long(secret: Secret) -> Secret:
    if len(secret.reveal()) > MAX_SECRET_CHARS:
        raise ValueError(f"is longer than {MAX_SECRET_CHARS} characters, which no credential is")
    return secret


def _kept_as_json(details: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        size = len(json.dumps(details, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError):
        raise ValueError("must be JSON values") from None
    if size > MAX_DETAILS_CHARS:
        raise ValueError(f"is larger than {MAX_DETAILS_CHARS} bytes")
    return details


_SECRET_SCHEMA: Final = WithJsonSchema({"type": "string", "maxLength": MAX_SECRET_CHARS, "writeOnly": True})
CredentialText = Annotated[SecretText, AfterValidator(_not_too_long), _SECRET_SCHEMA]
ProxyText = Annotated[
    ProxyUrl,
    AfterValidator(_not_too_long),
    WithJsonSchema({"type": "string", "maxLength": MAX_SECRET_CHARS, "writeOnly": True}),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=PRINTABLE)]
MemberName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=PRINTABLE)
]
Priority = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Weight = Annotated[int, Field(ge=1, le=10_000)]
Concurrency = Annotated[int, Field(ge=1, le=1_000_000)]
Rate = Annotated[int, Field(ge=1, le=2**53)]
Credential = Annotated[Mapping[MemberName, CredentialText], Field(min_length=1, max_length=20)]
Details = Annotated[Mapping[str, Any], AfterValidator(_kept_as_json), Field(max_length=100)]


class Written(BaseModel):
    """A name nobody knows is an error, and no error repeats what was written."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True
    )


class _AccountFields(Written):
    provider: Name = Field(description="Name of the provider it belongs to.")
    kind: Kind = Field(default=API_KEY, description="`api_key`, or what the provider calls its logins.")
    label: Label | None = Field(default=None, description="What operators call it; made up when left out.")
    enabled: bool = True
    priority: Priority = Field(default=0, description="The lower number is preferred.")
    weight: Weight = Field(default=1, description="Share of the work under strategy `weighted`.")
    max_concurrency: Concurrency | None = Field(default=None, description="Requests at a time.")
    requests_per_minute: Rate | None = None
    tokens_per_minute: Rate | None = None
    requests_per_day: Rate | None = None
    tokens_per_day: Rate | None = None
    proxy: ProxyText | None = Field(
        default=None,
        description="Proxy to the upstream, `http://…` or `socks5://…`; null: that of the provider.",
    )
    details: Details = Field(
        default={}, description="What is known beside, such as e-mail or plan; no secrets."
    )


class AccountInput(_AccountFields):
    """A new account."""

    credential: Credential = Field(
        description='For `api_key`: `{"api_key": "…"}`; other kinds have other members (docs/accounts.md). Never shown again.'
    )


class AccountRecord(_AccountFields):
    """An account from elsewhere: one entry of an export, or what another program knew of it.

    Without a credential it means an account that is here, by `id`.
    """

    credential: Credential | None = None
    id: Name | None = None
    off_reason: Annotated[str, Field(max_length=MAX_TEXT_CHARS)] | None = None
    successes: Annotated[int, Field(ge=0, le=2**53)] = 0
    failures: Annotated[int, Field(ge=0, le=2**53)] = 0
    cooled_until_ms: Annotated[int, Field(ge=0, le=LAST_MS)] | None = None
    cooled_reason: Annotated[str, Field(max_length=MAX_TEXT_CHARS)] = ""


class AccountPatch(Written):
    """What is left out stays as it is."""

    label: Label = Field(default_factory=str)
    credential: Credential = Field(default_factory=dict, description="Takes the place of the old one.")
    enabled: bool = Field(default_factory=bool, description="Switching on forgets why it was switched off.")
    priority: Priority = Field(default_factory=int)
    weight: Weight = Field(default_factory=int)
    max_concurrency: Concurrency | None = None
    requests_per_minute: Rate | None = None
    tokens_per_minute: Rate | None = None
    requests_per_day: Rate | None = None
    tokens_per_day: Rate | None = None
    proxy: ProxyText | None = None
    details: Details = Field(default_factory=dict)

    def changes(self) -> dict[str, Any]:
        """Field → new value, for those that were written."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def check(shape: type[Checked], written: object) -> Checked | tuple[FieldProblem, ...]:
    """The input as `shape`, or all that is wrong with it."""
    try:
        return shape.model_validate(written)
    except ValidationError as error:
        return problems_of(error)


def problems_of(error: ValidationError) -> tuple[FieldProblem, ...]:
    """Every finding with its dotted path, without the input: that may be a secret."""
    findings = error.errors(include_url=False, include_input=False)
    return tuple(
        FieldProblem(".".join(str(part) for part in each["loc"]), words_of(each)) for each in findings
    )
