"""The paths of the service, and what each does for somebody who is let in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isthmus.simulators.claude_web import rules, turns
from isthmus.simulators.claude_web.answers import Answer, Whole, whole_json
from isthmus.simulators.claude_web.clock import stored
from isthmus.simulators.claude_web.conversations import Conversation
from isthmus.simulators.claude_web.faults import Endpoint
from isthmus.simulators.claude_web.files import extracted
from isthmus.simulators.claude_web.forms import upload
from isthmus.simulators.claude_web.plans import Plan
from isthmus.simulators.claude_web.refusals import forbidden, invalid, not_found
from isthmus.simulators.claude_web.visit import Visit

Handler = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: re.Pattern[str]
    endpoint: Endpoint
    handle: Handler


# who is here -----------------------------------------------------------------------------------------


def organizations(visit: Visit) -> Answer:
    return whole_json(visit.account.organizations_shown())


def account(visit: Visit) -> Answer:
    return whole_json(visit.account.shown())


def account_settings(visit: Visit) -> Answer:
    """Taken as the web app sends it, so that the journal can show who overwrites a person's settings."""
    visit.json()
    return whole_json(visit.account.shown(), 202)


def bootstrap(visit: Visit) -> Answer:
    limit = visit.account.quota.limit(visit.now_s, "")
    return whole_json(
        {
            "account": visit.account.shown(),
            "locale": "en-US",
            "messageLimits": {each.uuid: limit for each in visit.account.organizations},
        }
    )


def usage(visit: Visit) -> Answer:
    visit.org()
    return whole_json(visit.account.quota.usage(visit.now_s))


def model_config(visit: Visit) -> Answer:
    visit.org()
    mine = [model for model in visit.account.models if model.free or visit.account.plan is not Plan.FREE]
    return whole_json([model.row for model in mine])


# conversations ---------------------------------------------------------------------------------------


def create(visit: Visit) -> Answer:
    org, body = visit.org(), visit.json()
    rules.check(rules.CREATE, body)
    visit.account.check_model(body.get("model"))
    made = Conversation(body["uuid"], org.uuid, body["name"], stored(visit.now_s), body.get("model"))
    made.is_temporary = body.get("is_temporary", False)
    visit.account.conversations.add(made)
    return whole_json(made.shown(), 201)


def listing(visit: Visit) -> Answer:
    return whole_json(visit.account.conversations.listed(visit.org().uuid))


def reading(visit: Visit) -> Answer:
    return whole_json(_found(visit).tree(whole=visit.query.get("tree") == "True"))


def settings(visit: Visit) -> Answer:
    """Thinking for the whole conversation: for those who pay."""
    found, body = _found(visit), visit.json()
    rules.check(rules.SETTINGS, body)
    if visit.account.plan is Plan.FREE and body["settings"]["paprika_mode"] is not None:
        raise forbidden("Extended thinking is not available on your plan.")
    found.settings = found.settings | body["settings"]
    return whole_json(found.shown(), 202)


def delete(visit: Visit) -> Answer:
    """With the UUID in the body, bare or as an object, or with no body at all."""
    found = _found(visit)
    if visit.body:
        body = visit.any_json()
        if body not in (found.uuid, {"uuid": found.uuid}):
            raise invalid("uuid: it is not the conversation of the path")
    visit.account.conversations.delete(found.org, found.uuid)
    return Whole(204, content_type="")


def _found(visit: Visit) -> Conversation:
    return visit.account.conversations.get(visit.org().uuid, visit.params["conversation"])


# files -----------------------------------------------------------------------------------------------


def upload_to_org(visit: Visit) -> Answer:
    """No conversation is needed for this one."""
    given, _ = upload(visit.form(), visit.org().uuid)
    file = visit.account.files.add(given, visit.seeds.uuid(), stored(visit.now_s))
    return whole_json(file.answer(visit.account.uuid))


def upload_to_conversation(visit: Visit) -> Answer:
    """The UUID of the path may be of a conversation that begins with the next turn."""
    org = visit.org()
    if found := rules.uuid(visit.params["conversation"]):
        raise invalid(f"chat_conversation_uuid: {found}")
    given, _ = upload(visit.form(), org.uuid)
    file = visit.account.files.add(given, visit.seeds.uuid(), stored(visit.now_s))
    return whole_json(file.answer(visit.account.uuid), 201)


def download(visit: Visit) -> Answer:
    visit.org()
    file = visit.account.files.at(visit.query.get("path", ""))
    if file is None:
        raise not_found("File")
    named = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Whole(200, file.data, file.media_type, named)


def convert(visit: Visit) -> Answer:
    """The organization stands in the path or in the form."""
    org = visit.org().uuid if "org" in visit.params else None
    given, named = upload(visit.form(), org)
    if org is None:
        if named is None:
            raise invalid("orgUuid: Field required")
        visit.account.chat_org(named)
    return whole_json(extracted(given))


def _route(method: str, path: str, endpoint: Endpoint, handle: Handler) -> Route:
    pattern = path.replace("{org}", "(?P<org>[^/]+)").replace("{c}", "(?P<conversation>[^/]+)")
    return Route(method, re.compile(f"/api{pattern}"), endpoint, handle)


_ORG: Final = "/organizations/{org}"
_CHATS: Final = f"{_ORG}/chat_conversations"
_WIGGLE: Final = f"{_ORG}/conversations/{{c}}/wiggle"

ROUTES: Final = (
    _route("GET", "/organizations", Endpoint.ORGANIZATIONS, organizations),
    _route("GET", "/account", Endpoint.ACCOUNT, account),
    _route("PUT", "/account", Endpoint.ACCOUNT, account_settings),
    _route("GET", "/bootstrap", Endpoint.BOOTSTRAP, bootstrap),
    _route("GET", f"{_ORG}/usage", Endpoint.USAGE, usage),
    _route("GET", f"{_ORG}/model_config", Endpoint.MODELS, model_config),
    _route("POST", _CHATS, Endpoint.CREATE, create),
    _route("GET", _CHATS, Endpoint.LIST, listing),
    _route("GET", f"{_CHATS}/{{c}}", Endpoint.READ, reading),
    _route("PUT", f"{_CHATS}/{{c}}", Endpoint.SETTINGS, settings),
    _route("DELETE", f"{_CHATS}/{{c}}", Endpoint.DELETE, delete),
    _route("POST", f"{_CHATS}/{{c}}/completion", Endpoint.COMPLETION, turns.complete),
    _route("POST", f"{_CHATS}/{{c}}/retry_completion", Endpoint.RETRY, turns.retry),
    _route("POST", "/{org}/upload", Endpoint.UPLOAD, upload_to_org),
    _route("POST", f"{_WIGGLE}/upload-file", Endpoint.UPLOAD, upload_to_conversation),
    _route("GET", f"{_WIGGLE}/download-file", Endpoint.DOWNLOAD, download),
    _route("POST", "/convert_document", Endpoint.CONVERT, convert),
    _route("POST", f"{_ORG}/convert_document", Endpoint.CONVERT, convert),
)


def route(method: str, path: str) -> tuple[Route | None, dict[str, str]]:
    """The route of a request, and what its path names."""
    for each in ROUTES:
        if each.method == method and (found := each.path.fullmatch(path)):
            return each, found.groupdict()
    return None, {}
