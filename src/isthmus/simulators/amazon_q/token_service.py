"""The OIDC token service: registering a client, authorizing a device, tokens (botocore, `sso-oidc/2019-06-10`)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from isthmus.simulators.amazon_q.accounts import BUILDER_ID_START, REGION, Account
from isthmus.simulators.amazon_q.answers import Answer, Json, Refusal, Silence, whole
from isthmus.simulators.amazon_q.people import Issued, People
from isthmus.simulators.amazon_q.request import Request
from isthmus.simulators.amazon_q.sign_ins import Said, SignIns

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS: Final = frozenset((DEVICE_GRANT, "refresh_token", "authorization_code"))
SCOPES: Final = frozenset(
    f"codewhisperer:{name}"
    for name in ("completions", "analysis", "conversations", "transformations", "taskassist")
)
MOST_CLIENTS: Final = 10_000
_START_URL: Final = re.compile(r"https://[a-z0-9-]+\.awsapps\.com/start/?")

ERRORS: Final[dict[str, tuple[int, str, str]]] = {
    "authorization_pending": (400, "AuthorizationPendingException", "Authorization is still pending."),
    "slow_down": (400, "SlowDownException", "Client is polling too fast."),
    "expired_token": (400, "ExpiredTokenException", "The device code has expired."),
    "access_denied": (400, "AccessDeniedException", "The request was denied."),
    "invalid_grant": (400, "InvalidGrantException", "Invalid refresh token provided"),
    "invalid_client": (401, "InvalidClientException", "Invalid client provided"),
    "invalid_request": (400, "InvalidRequestException", "Invalid request"),
    "unauthorized_client": (400, "UnauthorizedClientException", "Client is not authorized"),
    "unsupported_grant_type": (400, "UnsupportedGrantTypeException", "Unsupported grant type"),
    "invalid_scope": (400, "InvalidScopeException", "Invalid scope"),
    "invalid_client_metadata": (400, "InvalidClientMetadataException", "Invalid client metadata"),
    "invalid_redirect_uri": (400, "InvalidRedirectUriException", "Invalid redirect URI"),
    "server_error": (500, "InternalServerException", "Unexpected error"),
}
UNANSWERED: Final = "unanswered"


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    secret: str
    ends_at: float
    region: str | None


def refused(error: str, text: str = "") -> Refusal:
    status, name, usual = ERRORS[error]
    return Refusal(text or usual, status=status, name=name, reason=error)


def error_answer(refusal: Refusal, *, named: bool, pending_as_200: bool) -> Answer:
    """`named`: with the header `x-amzn-ErrorType`, as the service has it."""
    status = 200 if pending_as_200 and refusal.reason == "authorization_pending" else refusal.status
    headers = {"x-amzn-ErrorType": refusal.name} if named else {}
    return whole({"error": refusal.reason, "error_description": refusal.message}, status, headers)


class TokenService:
    def __init__(
        self,
        people: People,
        sign_ins: SignIns,
        clock: Callable[[], float],
        *,
        page: Callable[[], str],
        registration_ttl_s: float,
    ) -> None:
        self.clients: dict[str, Client] = {}
        self.coming: deque[str] = deque()
        """Errors that the next calls of `/token` meet, one each, whoever asks. An empty one lets a call through."""
        self.registration_ttl_s = registration_ttl_s
        self._people = people
        self._sign_ins = sign_ins
        self._clock = clock
        self._page = page

    def answer(self, request: Request) -> Answer:
        """Raises `Refusal`."""
        body = request.json
        if request.method != "POST" or not isinstance(body, dict):
            raise refused("invalid_request", "a JSON object is expected")
        match request.place.path:
            case "/client/register":
                request.operation = "RegisterClient"
                return self._register(body, request.place.region)
            case "/device_authorization":
                request.operation = "StartDeviceAuthorization"
                return self._authorize(body, request.place.region)
            case "/token":
                request.operation = "CreateToken"
                return self._token(request, body)
            case path:
                raise refused("invalid_request", f"there is no {path}")

    def register(self, region: str | None = None) -> Client:
        """A client, as `/client/register` makes one."""
        people, ends_at = self._people, self._clock() + self.registration_ttl_s
        client = Client(people.word("client-"), people.word("client-secret-"), ends_at, region)
        while len(self.clients) >= MOST_CLIENTS:
            del self.clients[next(iter(self.clients))]
        self.clients[client.id] = client
        return client

    def expire_registrations(self) -> None:
        """All clients end now."""
        now = self._clock()
        self.clients = {id: replace(client, ends_at=now) for id, client in self.clients.items()}

    def _register(self, body: Json, region: str | None) -> Answer:
        if not isinstance(body.get("clientName"), str) or not body["clientName"]:
            raise refused("invalid_request", "clientName is missing")
        if body.get("clientType") != "public":
            raise refused("invalid_client_metadata", "clientType must be public")
        scopes, grants = body.get("scopes", []), body.get("grantTypes", [])
        if not _words(scopes) or not SCOPES.issuperset(scopes):
            raise refused("invalid_scope")
        if not _words(grants) or not GRANTS.issuperset(grants):
            raise refused("unsupported_grant_type")
        client = self.register(region)
        return whole(
            {
                "clientId": client.id,
                "clientSecret": client.secret,
                "clientIdIssuedAt": int(self._clock()),
                "clientSecretExpiresAt": int(client.ends_at),
            }
        )

    def _client(self, body: Json, region: str | None) -> Client:
        client = self.clients.get(str(body.get("clientId")))
        if client is None or body.get("clientSecret") != client.secret:
            raise refused("invalid_client")
        if client.ends_at <= self._clock():
            raise refused("invalid_client", "Client registration has expired")
        if client.region and region and client.region != region:
            raise refused("invalid_client", "Client is not of this region")
        return client

    def _authorize(self, body: Json, region: str | None) -> Answer:
        client = self._client(body, region)
        start_url = body.get("startUrl")
        if not isinstance(start_url, str) or not _START_URL.fullmatch(start_url):
            raise refused("invalid_request", "Invalid start url provided")
        kind = "builder_id" if start_url.rstrip("/") == BUILDER_ID_START else "idc"
        if kind == "builder_id" and region not in (None, REGION):
            raise refused("invalid_request", f"Builder ID is at home in {REGION}")
        begun = self._sign_ins.begin(kind, client.id, region or client.region or REGION, start_url)
        return whole(
            {
                "deviceCode": begun.device_code,
                "userCode": begun.user_code,
                "verificationUri": self._page(),
                "verificationUriComplete": f"{self._page()}?user_code={begun.user_code}",
                "expiresIn": int(self._sign_ins.lifetime_s),
                "interval": int(begun.interval_s),
            }
        )

    def _token(self, request: Request, body: Json) -> Answer:
        if self.coming and (error := self.coming.popleft()):
            if error == UNANSWERED:
                return Silence()
            raise refused(error)
        client = self._client(body, request.place.region)
        match body.get("grantType"):
            case "refresh_token":
                return self._refreshed(request, body, client)
            case grant if grant == DEVICE_GRANT:
                return self._device(request, body, client)
            case None:
                raise refused("invalid_request", "grantType is missing")
            case _:
                raise refused("unsupported_grant_type")

    def _device(self, request: Request, body: Json, client: Client) -> Answer:
        sign_in = self._sign_ins.by_device.get(str(body.get("deviceCode")))
        if sign_in is None or sign_in.client_id != client.id:
            raise refused("invalid_grant", "Invalid device code provided")
        if self._sign_ins.ended(sign_in):
            raise refused("expired_token")
        if self._sign_ins.too_soon(sign_in):
            raise refused("slow_down")
        if sign_in.said is Said.NO:
            raise refused("access_denied")
        if sign_in.account is None:
            raise refused("authorization_pending")
        sign_in.used = True
        account = sign_in.account
        account.client_id, account.client_secret = client.id, client.secret
        request.account = account.id
        return _issued(self._people.sign_in(account))

    def _refreshed(self, request: Request, body: Json, client: Client) -> Answer:
        token = body.get("refreshToken")
        account = self._people.of_refresh_token(token)
        if account is None or account.client_id != client.id:
            raise refused("invalid_grant")
        request.account = account.id
        if (answer := token_fault(account)) is not None:
            return answer
        return _issued(self._people.refresh(account, str(token)))


def token_fault(account: Account) -> Answer | None:
    """What the account's next refresh meets, if anything: an answer that never comes, or a `Refusal` raised."""
    if account.token_faults and (error := account.token_faults.popleft()):
        account.counts["refused_refreshes"] += 1
        if error == UNANSWERED:
            return Silence()
        raise refused(error)
    return None


def _issued(issued: Issued) -> Answer:
    body: Json = {
        "accessToken": issued.access_token,
        "tokenType": "Bearer",
        "expiresIn": int(issued.expires_in),
    }
    if issued.refresh_token is not None:
        body["refreshToken"] = issued.refresh_token
    return whole(body)


def _words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
