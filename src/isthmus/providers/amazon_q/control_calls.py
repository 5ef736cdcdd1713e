"""The small calls around the one that matters: profiles, models, usage limits. They cost no message.

The hosts of `q` are asked with one path per operation (aws/language-servers). For those of `kiro` the paths are uncertain; one
address that is told the operation in a header is what the vendor's own command line uses (aws/amazon-q-developer-cli).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from isthmus.core.commands import Call, Grant, Reply
from isthmus.core.errors import Scope, UpstreamError, UpstreamProtocolError
from isthmus.core.logins import Steps
from isthmus.core.survey import Survey
from isthmus.providers.amazon_q.cases import Remedy
from isthmus.providers.amazon_q.errors import Refusals, Refused, remedy_of
from isthmus.providers.amazon_q.headers import control_headers
from isthmus.providers.amazon_q.models import read_model_page
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.places import places
from isthmus.providers.amazon_q.usage_limits import UsageLimits, read_limits
from isthmus.wire.json_text import to_json

SERVICE: Final = "AmazonCodeWhispererService"
REGIONS: Final = ("us-east-1", "eu-central-1")
"""Where profiles may be. Each is asked, and one that fails is passed over (aws/amazon-q-developer-cli)."""
MAX_PAGES: Final = 20
MAX_PROFILES: Final = 10
LIMITS_ORIGIN: Final = "AI_EDITOR"
_LIMITS: Final[tuple[Mapping[str, str], ...]] = (
    {"origin": LIMITS_ORIGIN, "resourceType": "AGENTIC_REQUEST"},
    {"origin": LIMITS_ORIGIN},
    {},
)
"""Some accounts know no `resourceType`, some no `origin`, and say that they are not supported (Servoy/opencode-kiro-auth)."""
_PLAIN: Final = Refusals("amazon-q", lambda: 0.0)

Row = Mapping[str, Any]


def list_profiles(grant: Grant, options: Options, token: str | None = None) -> Call:
    asked = {"maxResults": MAX_PROFILES, **_next(token)}
    return _call("POST", "ListAvailableProfiles", grant, options, asked)


def list_models(grant: Grant, options: Options, token: str | None = None) -> Call:
    asked = {"origin": places(options).origin} | _profile(options) | _next(token)
    return _call("GET", "ListAvailableModels", grant, options, asked)


def get_usage_limits(grant: Grant, options: Options, attempt: int = 0) -> Call:
    """`attempt` counts from 0 to 2: each asks with less."""
    asked: dict[str, object] = {**_LIMITS[attempt], "isEmailRequired": True, **_profile(options)}
    return _call("GET", "GetUsageLimits", grant, options, asked)


def ask_usage_limits(grant: Grant, options: Options, refusals: Refusals = _PLAIN) -> Steps[UsageLimits]:
    """Raises `UpstreamError`."""
    for attempt in range(len(_LIMITS)):
        reply = yield get_usage_limits(grant, options, attempt)
        try:
            return read_limits(_body(reply, refusals))
        except Refused as refused:
            if refused.reason != "FEATURE_NOT_SUPPORTED" or attempt == len(_LIMITS) - 1:
                raise
    raise AssertionError("there is a last attempt")


def survey(grant: Grant, options: Options) -> Steps[Survey]:
    """Everything the service says of an account. `options` are the account's own. Raises `UpstreamError` when nothing can be read."""
    found = _Found()
    profiles = yield from _profiles(grant, options, found)
    if options.profile_arn is None and len(profiles) == 1:
        # The account will be asked in this name, and for some nothing else works.
        options = replace(options, profile_arn=profiles[0]["id"])
    models = yield from _models(grant, options, found)
    limits = yield from _limits(grant, options, found)
    if not found.anything and found.failure is not None:
        raise found.failure
    return Survey(
        plan=limits.plan if limits else None,
        owner=limits.owner if limits else None,
        quotas=limits.quotas if limits else (),
        models=tuple(models),
        profiles=tuple(profiles),
        resets_ms=limits.resets_ms if limits else None,
        problems=tuple(found.problems),
    )


def only_profile(grant: Grant, options: Options) -> Steps[str | None]:
    """Of an account that was never told its profile; None when it has none, or several, or they cannot be read."""
    try:
        profiles = yield from _profiles(grant, options, _Found())
    except UpstreamError:
        return None
    return str(profiles[0]["id"]) if len(profiles) == 1 else None


@dataclass(slots=True)
class _Found:
    """How a survey goes."""

    anything: bool = False
    failure: UpstreamError | None = None
    """The first one, as later ones tend to follow from it; a verdict on the account only where nothing else was said."""
    problems: list[str] = field(default_factory=list)

    def failed(self, what: str, error: UpstreamError, *, counts: bool = True) -> None:
        """Raises it when the token is at fault: with another one everything may be answered."""
        if remedy_of(error) is Remedy.RENEW:
            raise error
        if self.failure is None or (self.failure.scope is Scope.CREDENTIAL is not error.scope):
            self.failure = error
        if counts:
            self.problems.append(f"{what}: {error.detail or error.message}")


def _profiles(grant: Grant, options: Options, found: _Found) -> Steps[list[Row]]:
    """Each once, from every region; without those that are not active."""
    profiles: dict[str, Row] = {}
    # A Builder ID has none, and one that is chosen need not be found again.
    counts = options.profile_arn is None and grant.kind != "builder_id"
    for region in _regions(options):
        there = options if region is None else replace(options, api_region=region)
        token: str | None = None
        for _ in range(MAX_PAGES):
            try:
                reply = yield list_profiles(grant, there, token)
                rows, token = read_profiles(_body(reply))
            except UpstreamError as error:
                found.failed("profiles", error, counts=counts)
                break
            found.anything = True
            profiles |= {row["id"]: row for row in rows if row.get("status", "ACTIVE") == "ACTIVE"}
            if token is None:
                break
    return list(profiles.values())


def _regions(options: Options) -> tuple[str | None, ...]:
    """None: as the options say."""
    is_known = options.profile_arn or options.api_region or options.control_url or options.chat_url
    return (None,) if is_known or options.endpoint_family == "codewhisperer" else REGIONS


def _models(grant: Grant, options: Options, found: _Found) -> Steps[list[Row]]:
    models: dict[str, Row] = {}
    token: str | None = None
    for _ in range(MAX_PAGES):
        try:
            reply = yield list_models(grant, options, token)
            rows, token = read_model_page(_body(reply))
        except UpstreamError as error:
            # Half a list would say of every other model that it is not there.
            found.failed("models", error)
            return []
        found.anything = True
        models |= {row["id"]: row for row in rows}
        if token is None:
            break
    return list(models.values())


def _limits(grant: Grant, options: Options, found: _Found) -> Steps[UsageLimits | None]:
    try:
        limits = yield from ask_usage_limits(grant, options)
    except UpstreamError as error:
        found.failed("usage limits", error)
        return None
    found.anything = True
    return limits


def read_profiles(body: bytes) -> tuple[list[Row], str | None]:
    """The rows of one page, each with its `id` and `name`, and the token of the next. Raises `UpstreamProtocolError`."""
    try:
        page = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        page = None
    rows = page.get("profiles") if isinstance(page, dict) else None
    if not isinstance(page, dict) or not isinstance(rows, list):
        raise UpstreamProtocolError("the upstream's list of profiles is not one")
    token = page.get("nextToken")
    return list(_named(rows)), token if isinstance(token, str) and token else None


def _named(rows: list[Any]) -> Iterator[Row]:
    for row in rows:
        if isinstance(row, dict) and isinstance(arn := row.get("arn"), str) and arn:
            yield {**row, "id": arn, "name": str(row.get("profileName") or arn)}


def _body(reply: Reply | None, refusals: Refusals = _PLAIN) -> bytes:
    """Of a good answer. Raises `UpstreamError`."""
    assert reply is not None, "a Call is answered with a Reply"
    if reply.head.status >= 400:
        raise refusals.classify(reply.head, reply.body)
    return reply.body


def _call(method: str, operation: str, grant: Grant, options: Options, asked: Mapping[str, object]) -> Call:
    where = places(options)
    if where.family == "kiro":
        headers = control_headers(grant, options, f"{SERVICE}.{operation}")
        return Call("POST", f"{where.control}/", headers, to_json(asked))
    headers = control_headers(grant, options)
    path = operation if operation.startswith("List") else operation[:1].lower() + operation[1:]
    if method == "POST":
        return Call("POST", f"{where.control}/{path}", headers, to_json(asked))
    query = urlencode(
        {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
    )
    return Call("GET", f"{where.control}/{path}?{query}", headers)


def _profile(options: Options) -> dict[str, str]:
    return {} if options.profile_arn is None else {"profileArn": options.profile_arn}


def _next(token: str | None) -> dict[str, str]:
    return {} if token is None else {"nextToken": token}
