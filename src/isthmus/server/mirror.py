"""Mirror mode: below one path, the session key that a caller shows is the account that answers this one request.

It opens nothing else: no other path, no other provider, no administration. It is not counted among accounts, nothing of it is
stored, and no log line has it. One attempt is made with it, and as keys could be tried here by anybody, requests are limited per
address.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from isthmus.core.commands import Grant
from isthmus.core.errors import BadRequest, GatewayError, Kind, Scope, UpstreamError
from isthmus.core.secret import Secret
from isthmus.routing.limits import Demand, Limit, Refused, Sliding, Unit
from isthmus.server.admission import Admission, refusal
from isthmus.server.callers import Caller
from isthmus.server.endpoints import Endpoints
from isthmus.server.guard import offered_keys
from isthmus.server.offer import Offer
from isthmus.server.paths import Endpoint, Place, locate
from isthmus.server.visit import Visit

MIRROR: Final = "mirror"
"""What log lines say in the place of an account."""
SESSION_KEY: Final = "session_key"
WINDOW_S: Final = 60

_SESSION: Final = re.compile(r"(sk-ant-sid[0-9A-Za-z_-]{8,500})(?::([0-9A-Za-z-]{1,64}))?\Z")
"""Of the characters that the log masks by themselves, whatever else is near."""
_OPEN: Final = frozenset(
    {
        Endpoint.MESSAGES,
        Endpoint.COUNT_TOKENS,
        Endpoint.CHAT,
        Endpoint.COMPLETIONS,
        Endpoint.MODELS,
        Endpoint.MODEL,
        Endpoint.PROBE,
    }
)


@dataclass(frozen=True, slots=True)
class Mirror:
    prefix: str
    """`/` and at least one segment."""
    provider: str
    offer: Callable[[Grant], Offer]
    """What there is for one caller: this provider, as its own session reaches it, and nothing else."""
    requests_per_minute: int

    def place(self, path: str) -> Place | None:
        """What a path means here; None for one that is not below the prefix."""
        if path != self.prefix and not path.startswith(f"{self.prefix}/"):
            return None
        place = locate(path.removeprefix(self.prefix))
        if place.endpoint not in _OPEN or place.provider not in {None, self.provider}:
            return Place(Endpoint.UNKNOWN, self.provider)
        return replace(place, provider=self.provider)

    async def enter(self, visit: Visit, admission: Admission, endpoints: Endpoints) -> Endpoints:
        """The endpoints as this caller has them. Raises `BadRequest` for too many requests and for what is no session key."""
        visit.record.notes.append(MIRROR)
        visit.caller = Caller(name=MIRROR)
        client = visit.request.client
        await admission.limit_address(client)
        limits = (Limit(Unit.REQUESTS, self.requests_per_minute, Sliding(WINDOW_S)),)
        taken = await admission.limiter.reserve(f"{MIRROR}:{client}", limits, Demand(), time.time())
        if isinstance(taken, Refused):
            raise refusal(taken, f"address {client}")
        # No memory: these callers have no key that their conversations could belong to.
        return replace(endpoints, offer=self.offer(session_of(visit.request.headers)), memory=None)


def session_of(headers: Mapping[str, str]) -> Grant:
    """Raises `BadRequest` (authentication), which does not repeat what was shown."""
    for offered in offered_keys(headers):
        if (found := _SESSION.match(offered)) is not None:
            key, organization = found.groups()
            details = {} if organization is None else {"organization_id": organization}
            return Grant(SESSION_KEY, Secret(key), details)
    raise BadRequest(
        "no session key of claude.ai: send your own, `sk-ant-sid…` or `sk-ant-sid…:ORGANIZATION-ID`, as "
        "`Authorization: Bearer KEY` or `x-api-key: KEY`",
        kind=Kind.AUTHENTICATION,
        should_retry=False,
    )


def told(error: GatewayError) -> GatewayError:
    """The credential is the caller's own here, and so is the failure of one that is not accepted."""
    if isinstance(error, UpstreamError) and error.scope is Scope.CREDENTIAL:
        said = "claude.ai does not accept this session key, or not for this organization: sign in there again"
        return BadRequest(said, kind=Kind.AUTHENTICATION, should_retry=False)
    return error
