"""What is configured of the service, for a provider and for each of its accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """Defaults of a provider. None: as known of the service."""

    endpoint_family: str = "auto"
    """`auto`, `q`, `codewhisperer` or `kiro`."""
    api_region: str | None = None
    auth_region: str = "us-east-1"
    profile_arn: str | None = None
    chat_url: str | None = None
    control_url: str | None = None
    token_url: str | None = None
    social_url: str | None = None
    origin: str | None = None
    agent_mode: str | None = None
    opt_out: bool = True
    strict_schemas: bool = False
    files_anywhere: bool = False
    """Images also in earlier messages and beside tool results, for an account that has been seen to take them there."""

    def of(self, details: Mapping[str, Any]) -> Options:
        """With what one account says itself. What is not of the right type is passed over."""
        own = {
            each.name: details[each.name]
            for each in fields(self)
            if isinstance(details.get(each.name), bool if each.type == "bool" else str)
        }
        return replace(self, **own)
