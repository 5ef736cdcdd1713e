"""One request of somebody who is let in, as handlers see it: no sockets, and the time stands still."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from isthmus.simulators.claude_web.accounts import Account, Organization
from isthmus.simulators.claude_web.effects import Moment
from isthmus.simulators.claude_web.faults import Endpoint, Fault
from isthmus.simulators.claude_web.forms import Part, parts_of
from isthmus.simulators.claude_web.refusals import Json, Refusal, invalid, is_uuid
from isthmus.simulators.claude_web.seeds import Seeds


@dataclass(frozen=True, slots=True)
class Visit:
    account: Account
    endpoint: Endpoint
    params: Mapping[str, str]
    """`org` and `conversation`, where the path has them."""
    query: Mapping[str, str]
    content_type: str
    body: bytes
    now_s: float
    seeds: Seeds
    request_id: str
    fault: Fault | None = None
    """One that does not replace the whole answer."""

    @property
    def moment(self) -> Moment:
        return Moment(self.now_s, self.request_id)

    def org(self) -> Organization:
        """The organization of the path. Raises `Refusal` unless it is one of the account's that can chat."""
        uuid = self.params["org"]
        if not is_uuid(uuid):
            raise invalid("organization_uuid: Input should be a valid UUID")
        return self.account.chat_org(uuid)

    def json(self) -> Json:
        """The body of a call that has to have one: a JSON object."""
        if self.content_type.partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "invalid_request_error", "Content-Type: application/json is expected")
        value = self.any_json()
        if not isinstance(value, dict):
            raise invalid("body: Input should be a valid dictionary")
        return value

    def any_json(self) -> object:
        try:
            value: object = json.loads(self.body)
        except (ValueError, RecursionError):
            raise invalid("body: Invalid JSON") from None
        return value

    def form(self) -> list[Part]:
        return parts_of(self.content_type, self.body)
