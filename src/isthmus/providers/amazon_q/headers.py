"""The headers of every call to the service. The gateway names itself, in the transport, and imitates no client of the vendor's."""

from __future__ import annotations

from typing import Final

from isthmus.core.commands import Grant, Headers
from isthmus.providers.amazon_q.options import Options
from isthmus.wire.aws_eventstream import CONTENT_TYPE

JSON: Final = "application/json"
AWS_JSON: Final = "application/x-amz-json-1.0"
TOKEN_TYPES: Final = {"api_key": "API_KEY", "external_idp": "EXTERNAL_IDP"}
"""By kind of account (hank9999/kiro.rs, `endpoint/ide.rs`; aws/language-servers, `streamingClientService.ts`)."""


def chat_headers(grant: Grant, options: Options) -> Headers:
    mode = (("x-amzn-kiro-agent-mode", options.agent_mode),) if options.agent_mode else ()
    return (*_of_account(grant, options), ("content-type", JSON), ("accept", CONTENT_TYPE), *mode)


def control_headers(grant: Grant, options: Options, target: str | None = None) -> Headers:
    """`target`: the operation, where one address serves all of them."""
    if target is None:
        return (*_of_account(grant, options), ("content-type", JSON), ("accept", JSON))
    named = (("content-type", AWS_JSON), ("x-amz-target", target))
    return (*_of_account(grant, options), *named, ("accept", JSON))


def _of_account(grant: Grant, options: Options) -> Headers:
    kind = TOKEN_TYPES.get(grant.kind)
    return (
        ("authorization", f"Bearer {grant.token.reveal()}"),
        ("x-amzn-codewhisperer-optout", "true" if options.opt_out else "false"),
        *((("tokentype", kind),) if kind is not None else ()),
    )
