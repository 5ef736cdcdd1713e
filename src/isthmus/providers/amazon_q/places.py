"""Where the service is found: chat, control calls, token service. Every address can be overridden, per provider and account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from isthmus.providers.amazon_q.options import Options

REGION: Final = "us-east-1"
BUILDER_ID_START: Final = "https://view.awsapps.com/start"


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses without a slash at the end."""

    chat: str
    control: str
    family: str
    """`q`, `codewhisperer` or `kiro`."""
    origin: str


def places(options: Options) -> Places:
    """Hosts and regions as the vendor's own clients choose them (aws/amazon-q-developer-cli, `endpoints.rs`; the hosts of `kiro` as
    third-party gateways report them). `options` are those of an account."""
    family = options.endpoint_family
    if family == "auto":
        family = "kiro" if options.profile_arn else "q"
    region = options.api_region or region_of(options.profile_arn) or REGION
    match family:
        case "kiro":
            chat, control = f"https://runtime.{region}.kiro.dev", f"https://management.{region}.kiro.dev"
        case "codewhisperer":
            chat = control = f"https://codewhisperer.{REGION}.amazonaws.com"
        case _:
            chat = control = f"https://q.{region}.amazonaws.com"
    return Places(
        (options.chat_url or chat).rstrip("/"),
        (options.control_url or options.chat_url or control).rstrip("/"),
        family,
        options.origin or ("KIRO_CLI" if family == "kiro" else "CLI"),
    )


def token_service(options: Options, region: str | None = None) -> str:
    """Of AWS IAM Identity Center (OIDC)."""
    return (options.token_url or f"https://oidc.{region or options.auth_region}.amazonaws.com").rstrip("/")


def social_service(options: Options) -> str:
    """Of Kiro's own sign-in, behind Google and GitHub."""
    return (options.social_url or f"https://prod.{options.auth_region}.auth.desktop.kiro.dev").rstrip("/")


def region_of(profile_arn: str | None) -> str | None:
    """The fourth field of the name of a profile."""
    fields = (profile_arn or "").split(":")
    return fields[3] or None if len(fields) > 5 and fields[0] == "arn" else None
