"""Accounts of Amazon Q Developer and Kiro: kinds, signing in, renewing, surveying.

What the services are asked and answer is in `oidc.py`, `social.py` and `external_idp.py`. Signing in registers a client of our own:
where a service takes none but the vendor's, as Kiro's behind Google and GitHub, the account is imported.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from isthmus.core.commands import Grant
from isthmus.core.logins import (
    ACCESS_TOKEN,
    REFRESH_TOKEN,
    Access,
    AccountKind,
    Begun,
    Holder,
    LoginError,
    LoginProblem,
    Method,
    Option,
    SignedIn,
    Steps,
    Waiting,
)
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey
from isthmus.providers.amazon_q import control_calls, external_idp, oidc, social
from isthmus.providers.amazon_q.account_details import problems_of, region_problem, url_problem
from isthmus.providers.amazon_q.external_idp import EXTERNAL_IDP, TOKEN_ENDPOINT
from isthmus.providers.amazon_q.oidc import BUILDER_ID, IDENTITY_CENTER
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.places import BUILDER_ID_START, REGION, social_service, token_service
from isthmus.providers.amazon_q.social import SOCIAL

API_KEY: Final = "api_key"
_CLIENT: Final = ("client_id", "client_secret")

KINDS: Final[Mapping[str, AccountKind]] = {
    kind.name: kind
    for kind in (
        AccountKind(BUILDER_ID, (REFRESH_TOKEN, *_CLIENT), (ACCESS_TOKEN,), renewable=True),
        AccountKind(IDENTITY_CENTER, (REFRESH_TOKEN, *_CLIENT), (ACCESS_TOKEN,), renewable=True),
        AccountKind(SOCIAL, (REFRESH_TOKEN,), (ACCESS_TOKEN,), renewable=True),
        AccountKind(API_KEY, (API_KEY,)),
        AccountKind(
            EXTERNAL_IDP,
            (REFRESH_TOKEN, "client_id"),
            (ACCESS_TOKEN, "client_secret"),
            renewable=True,
            needed_details=(TOKEN_ENDPOINT,),
        ),
    )
}
METHODS: Final[Mapping[str, Method]] = {
    method.name: method
    for method in (
        Method(BUILDER_ID, "AWS Builder ID"),
        Method(
            IDENTITY_CENTER,
            "AWS IAM Identity Center",
            (
                Option(
                    "start_url", "Start URL, such as https://d-1234567890.awsapps.com/start", required=True
                ),
                Option("auth_region", "Region of the directory", default=REGION),
            ),
        ),
    )
}


class AmazonQLogins:
    """What one provider of this type knows of its accounts. Does nothing itself: `Logins` tells what is promised."""

    def __init__(
        self, options: Options, now_s: Callable[[], float] = time.time, client_name: str = "isthmus"
    ) -> None:
        """`client_name` is what the person who signs in is shown, and agrees to."""
        self.kinds: Mapping[str, AccountKind] = KINDS
        self.methods: Mapping[str, Method] = METHODS
        self._options = options
        self._now_s = now_s
        self._client_name = client_name

    def problems(self, holder: Holder) -> Mapping[str, str]:
        return problems_of(holder)

    def renew(self, holder: Holder) -> Steps[Access]:
        options = self._options.of(holder.details)
        match holder.kind:
            case "builder_id":
                # An account taken over from elsewhere may be called one and have its client in another region.
                region = holder.details.get("auth_region") or REGION
                access = yield from oidc.renew(token_service(options, region), holder, self._now_s())
            case "idc":
                access = yield from oidc.renew(token_service(options), holder, self._now_s())
            case "social":
                access = yield from social.renew(social_service(options), holder, self._now_s())
            case "external_idp":
                access = yield from external_idp.renew(holder, self._now_s())
            case "api_key":
                raise LoginError(
                    LoginProblem.LOST,
                    "an API key is not renewed: make another one, and give it to the account",
                )
            case other:
                raise LoginError(
                    LoginProblem.REFUSED,
                    f"accounts of kind {other!r} are not known: one of {', '.join(KINDS)}",
                )
        return access

    def begin(self, method: str, options: Mapping[str, str]) -> Steps[Begun]:
        given = _given(method, options)
        match method:
            case "builder_id":
                begun = yield from self._begin(BUILDER_ID_START, REGION)
            case _:
                begun = yield from self._begin(given["start_url"], given["auth_region"])
        return begun

    def _begin(self, start_url: str, region: str) -> Steps[Begun]:
        directory = oidc.Directory(token_service(self._options, region), start_url, region)
        return oidc.begin(directory, self._client_name)

    def poll(self, method: str, state: Mapping[str, Secret]) -> Steps[Waiting | SignedIn]:
        return oidc.poll(state, self._now_s())

    def survey(self, grant: Grant) -> Steps[Survey]:
        return control_calls.survey(grant, self._options.of(grant.details))


def _given(method: str, options: Mapping[str, str]) -> dict[str, str]:
    """What was asked for, with defaults. Raises `LoginError`."""
    if method not in METHODS:
        raise _wrong("method", f"there is no method {method!r}: choose one of {', '.join(METHODS)}")
    known = {each.name: each for each in METHODS[method].options}
    for name in options:
        if name not in known:
            raise _wrong(name, f"method {method!r} has no option {name!r}")
    given = {name: options.get(name, "").strip() or each.default for name, each in known.items()}
    for name, value in given.items():
        if (problem := _problem(known[name], value)) is not None:
            raise _wrong(name, f"{name} {value!r} {problem}" if value else f"{name} {problem}")
    return given


def _problem(option: Option, value: str) -> str | None:
    if not value:
        return f"is needed: {option.title}"
    match option.name:
        case "start_url":
            return url_problem(value)
        case "auth_region":
            return region_problem(value)
        case _:
            return None


def _wrong(field: str, message: str) -> LoginError:
    return LoginError(LoginProblem.REFUSED, message, field=field)
