"""Where accounts of Kiro's own sign-in are renewed, as third-party clients report it, and an identity provider of somebody's own."""

from __future__ import annotations

from isthmus.simulators.amazon_q.answers import Answer, Json, Refusal, whole
from isthmus.simulators.amazon_q.people import Issued, People
from isthmus.simulators.amazon_q.request import Request
from isthmus.simulators.amazon_q.token_service import refused, token_fault


class Social:
    def __init__(self, people: People) -> None:
        self._people = people

    def answer(self, request: Request) -> Answer:
        """Raises `Refusal`."""
        body = request.json
        if request.method != "POST" or not isinstance(body, dict):
            raise refused("invalid_request", "a JSON object is expected")
        match request.place.path:
            case "/refreshToken":
                request.operation = "SocialRefresh"
                return self._refresh(request, body)
            case path:
                raise Refusal(f"there is no {path}", status=404, reason="not_found")

    def _refresh(self, request: Request, body: Json) -> Answer:
        token = body.get("refreshToken")
        account = self._people.of_refresh_token(token)
        if account is None or account.kind != "social":
            raise refused("invalid_grant")
        request.account = account.id
        if (answer := token_fault(account)) is not None:
            return answer
        issued = self._people.refresh(account, str(token))
        return whole(
            {**_tokens(issued, "accessToken", "refreshToken", "expiresIn"), "profileArn": account.profile_arn}
        )


class Identities:
    """An OAuth 2 token endpoint as any identity provider has one: `POST /idp/token`, a form."""

    def __init__(self, people: People) -> None:
        self._people = people

    def answer(self, request: Request) -> Answer:
        """Raises `Refusal`."""
        form = request.form()
        request.operation = "IdentityRefresh"
        if request.method != "POST" or request.place.path != "/token":
            raise refused("invalid_request", f"there is no {request.place.path}")
        if form.get("grant_type") != "refresh_token":
            raise refused("unsupported_grant_type")
        account = self._people.of_refresh_token(form.get("refresh_token"))
        if account is None or account.kind != "external_idp":
            raise refused("invalid_grant")
        if form.get("client_id") != account.client_id:
            raise refused("invalid_client")
        request.account = account.id
        if (answer := token_fault(account)) is not None:
            return answer
        issued = self._people.refresh(account, form["refresh_token"])
        return whole(
            {**_tokens(issued, "access_token", "refresh_token", "expires_in"), "token_type": "Bearer"}
        )


def _tokens(issued: Issued, access: str, refresh: str, lifetime: str) -> Json:
    given = {} if issued.refresh_token is None else {refresh: issued.refresh_token}
    return {access: issued.access_token, **given, lifetime: int(issued.expires_in)}
