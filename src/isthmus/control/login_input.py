"""What an operator says to sign an account in: at the beginning, and when the person has agreed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from isthmus.control.account_input import (
    PRINTABLE,
    Concurrency,
    Details,
    Label,
    MemberName,
    Name,
    Priority,
    ProxyText,
    Rate,
    Weight,
    Written,
)

AccountIdText = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=PRINTABLE)]
OptionText = Annotated[str, StringConstraints(max_length=500, pattern=PRINTABLE)]
ProfileText = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=PRINTABLE)]


class LoginInput(Written):
    """A sign-in to begin: of a new account, or of one that is here and must sign in again."""

    provider: Name | None = Field(default=None, description="Needed unless `account_id` is given.")
    method: MemberName | None = Field(
        default=None, description="See `/v2/logins/methods`; left out: as the account did, else the first."
    )
    options: Annotated[Mapping[MemberName, OptionText], Field(max_length=20)] = Field(
        default={}, description="What the method asks for, by name."
    )
    account_id: AccountIdText | None = Field(
        default=None, description="Account that signs in again and keeps all else that is known of it."
    )
    label: Label | None = Field(default=None, description="What operators will call it.")
    proxy: ProxyText | None = Field(
        default=None,
        description="Proxy of the account, through which it also signs in; null: the provider's.",
    )


class FinishInput(Written):
    """What the new account is to be. One that signs in again keeps what it has, and takes only `profile`."""

    profile: ProfileText | None = Field(
        default=None, description="Id of one of the sign-in's `profiles`; needed when there are several."
    )
    label: Label | None = Field(default=None, description="Left out: that of the beginning, else its owner.")
    enabled: bool = True
    priority: Priority = 0
    weight: Weight = 1
    max_concurrency: Concurrency | None = None
    requests_per_minute: Rate | None = None
    tokens_per_minute: Rate | None = None
    requests_per_day: Rate | None = None
    tokens_per_day: Rate | None = None
    details: Details = Field(default={}, description="Added to what the service said of it; no secrets.")

    def fields(self) -> dict[str, Any]:
        """Those that an account has, too."""
        return {name: getattr(self, name) for name in type(self).model_fields.keys() - {"profile", "details"}}
