"""Settings of `type: amazon-q`: Amazon Q Developer and Kiro."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from isthmus.config.fields import HttpUrl, Section, Text


class AmazonQSettings(Section):
    """Amazon Q Developer and Kiro. An account's `details` of the same name stand above these."""

    endpoint_family: Literal["auto", "q", "codewhisperer", "kiro"] = Field(
        default="auto",
        description="Which hosts are asked. `auto`: `kiro` for accounts with a profile, `q` for those without.",
    )
    api_region: Text | None = Field(
        default=None,
        description="Region of the service; unset: that of the account's profile, else us-east-1.",
    )
    auth_region: Text = Field(
        default="us-east-1", description="Region of the token service, for accounts of IAM Identity Center."
    )
    profile_arn: Text | None = Field(
        default=None, description="Profile of accounts that have none of their own."
    )
    chat_url: HttpUrl | None = Field(
        default=None, description="Address of the chat service; unset: as known."
    )
    control_url: HttpUrl | None = Field(
        default=None, description="Address for model lists, limits and profiles; unset: as known."
    )
    token_url: HttpUrl | None = Field(
        default=None, description="Address of the token service (OIDC); unset: as known."
    )
    social_url: HttpUrl | None = Field(
        default=None, description="Address of Kiro's own sign-in service; unset: as known."
    )
    origin: Text | None = Field(
        default=None, description="Origin named in every request; unset: `CLI`, or `KIRO_CLI` for `kiro`."
    )
    agent_mode: Text | None = Field(
        default=None, description="Sent as `x-amzn-kiro-agent-mode`, such as `vibe`; unset: not sent."
    )
    opt_out: bool = Field(default=True, description="Ask the service not to use content for its improvement.")
    strict_schemas: bool = Field(
        default=False,
        description="Reduce tool schemas to what every model takes from the start, not only after a refusal.",
    )
    files_anywhere: bool = Field(
        default=False,
        description="Send images and documents also with earlier messages and beside tool results. Reports disagree on whether the "
        "service takes them there; without this, `loss_policy` says what becomes of them.",
    )
