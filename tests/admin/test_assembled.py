"""The admin API as a gateway serves it: who gets in where, who sees what, and that nobody sees a secret."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel, ValidationError

from admin_site import every_route
from asgi import Reply, ask
from assembled import Script, logged, script, status_of
from cli.gateways import gateway
from isthmus.admin.asking import Model
from isthmus.cli.running import Running
from isthmus.cli.stores import Stores
from isthmus.control.account_input import Written
from isthmus.control.people import Role
from simulators.answers import Answer, Whole, whole_json
from simulators.service import RecordedRequest, Simulator
from tools.openapi import application, document

NOBODY: Final = "GET /v2/setup", "POST /v2/setup", "POST /v2/sign-in"
HOLDERS: Final = (
    *("POST /v2/sign-out", "GET /v2/me", "POST /v2/me/password"),
    *("GET /v2/me/sessions", "DELETE /v2/me/sessions", "DELETE /v2/me/sessions/x"),
    *("GET /v2/me/tokens", "POST /v2/me/tokens", "DELETE /v2/me/tokens/x"),
    *("GET /v2/keys", "GET /v2/keys/x", "GET /v2/keys/x/usage"),
    *(
        "GET /v2/logs",
        "GET /v2/logs/count",
        "GET /v2/logs/x",
        "GET /v2/logs/stats",
        "GET /v2/logs/tail",
        "GET /v2/logs/export",
    ),
    *("GET /v2/stats", "GET /v2/stats/minutes", "GET /v2/models"),
)
VIEWERS: Final = (
    *(
        "GET /v2/accounts",
        "GET /v2/accounts/x",
        "GET /v2/accounts/x/survey",
        "GET /v2/providers",
        "GET /v2/providers/x",
        "GET /v2/provider-types",
    ),
    *("GET /v2/users", "GET /v2/users/x", "GET /v2/settings", "GET /v2/ips/blocked"),
    *("GET /v2/models/prices", "GET /v2/openapi.json", "GET /v2/about"),
    *("GET /v2/stats/accounts", "GET /v2/ips/top"),
    *("GET /v2/conformance", "GET /v2/conformance/x", "GET /v2/conformance/cases"),
)
ADMINISTRATORS: Final = (
    *("GET /v2/audit", "POST /v2/backup", "PUT /v2/settings", "POST /v2/me/playground-key"),
    *("POST /v2/users", "PATCH /v2/users/x", "DELETE /v2/users/x"),
    *("POST /v2/accounts", "PATCH /v2/accounts/x", "DELETE /v2/accounts/x"),
    *("POST /v2/accounts/feed", "POST /v2/accounts/import", "GET /v2/accounts/export"),
    *("POST /v2/accounts/import-tokens", "POST /v2/accounts/test", "POST /v2/accounts/bulk"),
    *("POST /v2/accounts/x/test", "POST /v2/accounts/x/clear-cooldown", "POST /v2/accounts/x/survey"),
    *("GET /v2/logins/methods", "GET /v2/logins", "GET /v2/logins/x", "POST /v2/logins"),
    *("POST /v2/logins/x/poll", "POST /v2/logins/x/finish", "DELETE /v2/logins/x"),
    *("POST /v2/providers", "PATCH /v2/providers/x", "DELETE /v2/providers/x"),
    *("POST /v2/keys", "PATCH /v2/keys/x", "DELETE /v2/keys/x", "POST /v2/keys/x/rotate"),
    *("POST /v2/ips/block", "POST /v2/ips/unblock", "POST /v2/logs/cleanup"),
    *("PUT /v2/models/prices/x", "DELETE /v2/models/prices/x"),
    *("POST /v2/conformance", "POST /v2/conformance/plan", "DELETE /v2/conformance/x"),
)
SIGNED_IN: Final = *HOLDERS, *VIEWERS, *ADMINISTRATORS
MAY: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.HOLDER: HOLDERS,
    Role.VIEWER: (*HOLDERS, *VIEWERS),
    Role.ADMIN: SIGNED_IN,
}
HELLO: Final = {"max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}


@dataclass(frozen=True, slots=True)
class Office:
    running: Running
    stores: Stores

    async def script(self, role: Role, name: str | None = None) -> Script:
        return await script(self.running, self.stores, role, name)

    async def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        return await ask(self.running.live.gateway, method, path, headers=headers)


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Office]:
    """On each engine in turn."""
    async with gateway(tmp_path, database=database_url) as (running, stores):
        yield Office(running, stores)


async def test_every_route_is_in_these_tables() -> None:
    async with application() as app:
        routes = [f"{method} {path}" for method, path in every_route(app) if method != "HEAD"]
    assert sorted(routes) == sorted([*NOBODY, *SIGNED_IN])


async def test_every_operation_has_an_id_of_its_own() -> None:
    served = await document()
    ids = [operation["operationId"] for item in served["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids)) == len([*NOBODY, *SIGNED_IN]) - 1, "all but the document itself"
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", id) for id in ids)


WRONG: Final[Mapping[str, tuple[Any, ...]]] = {
    "integer": (True, "1", 1.5),
    "number": (True, "1"),
    "boolean": ("true", "no", 0, 1),
    "string": (1, True),
    "array": ("x", {}),
    "object": ("x", []),
}
"""JSON type → values that look like it to a lenient reader."""


def body_models(served: Mapping[str, Any]) -> Iterator[type[BaseModel]]:
    """What requests may carry, by the names in the document."""
    known = {model.__name__: model for base in (Model, Written) for model in descendants(base)}
    for item in served["paths"].values():
        for operation in item.values():
            content = operation.get("requestBody", {"content": {}})["content"]
            for media in content.values():
                name = media["schema"].get("$ref", "").rpartition("/")[2]
                if name:
                    yield known[name]


def descendants(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from descendants(each)


async def test_no_field_takes_a_value_of_another_type() -> None:
    models = set(body_models(await document()))
    assert len(models) > 12
    for model in models:
        for field, schema in model.model_json_schema()["properties"].items():
            kinds = [each for each in schema.get("anyOf", [schema]) if "const" not in each]
            types = {each.get("type") for each in kinds} - {"null", None}
            for value in WRONG[types.pop()] if len(types) == 1 else ():
                with pytest.raises(ValidationError) as refused:
                    model.model_validate({field: value})
                found = {error["loc"][0] for error in refused.value.errors()}
                assert field in found, f"{model.__name__}.{field} takes {value!r}"


async def test_nobody_gets_in_without_credentials(office: Office) -> None:
    for route in SIGNED_IN:
        method, path = route.split()
        for headers in ({}, {"authorization": "Bearer isa_x"}, {"cookie": "isthmus_session=x"}):
            reply = await office.ask(method, path, headers)
            error = reply.json["error"]
            assert (reply.status, error["code"], error["fields"]) == (401, "unauthenticated", []), route
            assert reply.headers["x-request-id"] == error["request_id"] != ""
    assert (await office.ask("GET", "/v2/setup")).json == {"needed": True}


@pytest.mark.parametrize("role", Role)
async def test_each_role_reaches_what_it_may_and_nothing_else(office: Office, role: Role) -> None:
    asker = await office.script(role)
    for route in SIGNED_IN:
        status = await status_of(asker.gateway, *route.split(), asker.headers)
        assert (status == 403) is (route not in MAY[role]), (route, status)
        assert status not in {401, 405} and status < 500, (route, status)
    assert (await asker("GET", "/v2/me")).json["role"] == role, "none of these has ended it"


async def test_other_machines_names_and_blocked_addresses_are_refused_at_the_door(office: Office) -> None:
    root = await office.script(Role.ADMIN)
    for host in ("evil.example.org", "evil.example.org:8000", "127.0.0.1.evil.example.org"):
        for path in ("/v2/setup", "/v2/accounts"):
            refused = await root("GET", path, headers={"host": host})
            assert (refused.status, refused.json["error"]["code"]) == (403, "forbidden")
            assert "server.allowed_hosts" in refused.json["error"]["message"]
    assert (await root("POST", "/v2/ips/block", {"network": "127.0.0.0/8"})).status == 409, "needs `force`"
    blocked = await root("POST", "/v2/ips/block", {"network": "127.0.0.0/8", "force": True})
    assert blocked.status == 200
    for method, path in (("GET", "/v2/setup"), ("GET", "/v2/accounts"), ("POST", "/v2/sign-in")):
        refused = await root(method, path)
        assert (refused.status, refused.json["error"]["code"]) == (403, "forbidden"), path


async def test_a_cookie_is_good_for_our_own_page_alone(office: Office) -> None:
    root = await office.script(Role.ADMIN)
    account = {"name": "anna", "role": "admin", "password": "correct horse 7"}
    assert (await root("POST", "/v2/users", account)).status == 201
    login = {name: account[name] for name in ("name", "password")}
    signed = await ask(
        office.running.live.gateway,
        "POST",
        "/v2/sign-in",
        login,
        {"content-type": "application/json", "sec-fetch-site": "same-origin"},
    )
    cookie = {"cookie": signed.headers["set-cookie"].partition(";")[0]}
    assert all(word in signed.headers["set-cookie"] for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    for headers, read, change in (
        ({"sec-fetch-site": "same-origin"}, 200, 200),
        ({"origin": "http://127.0.0.1:8000"}, 200, 200),
        ({}, 200, 403),
        ({"sec-fetch-site": "same-site"}, 403, 403),
        ({"sec-fetch-site": "cross-site"}, 403, 403),
        ({"origin": "https://evil.example.org"}, 403, 403),
        ({"origin": "null"}, 403, 403),
    ):
        sent = {**cookie, **headers}
        assert (await office.ask("GET", "/v2/accounts", sent)).status == read, headers
        assert (await office.ask("DELETE", "/v2/me/sessions", sent)).status == change, headers


@dataclass(frozen=True, slots=True)
class Holder:
    asker: Script
    key: Mapping[str, Any]
    request_id: str


async def holder(office: Office, root: Script, name: str, model: str) -> Holder:
    """Somebody with a key who has asked a model once."""
    asker = await office.script(Role.HOLDER, name)
    made = (await root("POST", "/v2/keys", {"name": f"{name}'s", "user_id": asker.user_id})).json
    answer = await ask(
        asker.gateway,
        "POST",
        "/v1/messages",
        {**HELLO, "model": model},
        {"x-api-key": made["secret"], "content-type": "application/json"},
    )
    assert answer.status == 200, answer.body
    return Holder(asker, made, answer.headers["request-id"])


async def test_a_holder_sees_their_own_alone(office: Office) -> None:
    root = await office.script(Role.ADMIN)
    anna = await holder(office, root, "anna", "dummy")
    bert = await holder(office, root, "bert", "dummy-slow")
    await logged(office.running, 2)
    for own, other in ((anna, bert), (bert, anna)):
        await assert_sees_only(own, other)
    everything = (await root("GET", "/v2/logs")).json["items"]
    assert {row["request_id"] for row in everything} == {anna.request_id, bert.request_id}
    nobody = await office.script(Role.HOLDER, "carl")
    assert (await nobody("GET", "/v2/keys")).json["items"] == []
    assert (await nobody("GET", "/v2/logs")).json["items"] == []
    assert (await nobody("GET", "/v2/stats")).json["today"]["requests"] == 0


async def assert_sees_only(own: Holder, other: Holder) -> None:
    ask, id, others_id = own.asker, own.key["id"], other.key["id"]
    for query in ("", f"?user_id={other.asker.user_id}", f"?text={other.key['prefix']}"):
        keys = (await ask("GET", f"/v2/keys{query}")).json["items"]
        assert {key["id"] for key in keys} <= {id}, query
    for query in ("", f"?key_id={others_id}", f"?request_id={other.request_id}", "?client=127.0.0.1"):
        rows = (await ask("GET", f"/v2/logs{query}")).json["items"]
        assert {row["request_id"] for row in rows} <= {own.request_id}, query
        lines = (await ask("GET", f"/v2/logs/export{query}")).body
        assert other.request_id.encode() not in lines
    assert [row["key_id"] for row in (await ask("GET", "/v2/logs")).json["items"]] == [id]
    assert (await ask("GET", f"/v2/keys/{id}")).status == 200
    assert (await ask("GET", f"/v2/logs/{own.request_id}")).status == 200
    for path in (f"/v2/keys/{others_id}", f"/v2/keys/{others_id}/usage", f"/v2/logs/{other.request_id}"):
        assert (await ask("GET", path)).status == 404, path
    for path in ("/v2/stats", "/v2/logs/stats?group_by=key", f"/v2/logs/stats?key_id={others_id}"):
        shown = (await ask("GET", path)).body.decode()
        assert others_id not in shown.replace(path, ""), path
    summary = (await ask("GET", "/v2/stats")).json
    assert (summary["today"]["requests"], [each["name"] for each in summary["by_key"]]) == (1, [id])
    assert (await ask("GET", f"/v2/logs/stats?key_id={others_id}")).json["total"]["requests"] == 0


SECRETS: Final = {
    name: f"{name}-0123456789abcdef"
    for name in ("sk-configured", "sk-stored", "configured-proxy", "stored-proxy", "provider-proxy", "sk-hd")
}


class Telltale(Simulator):
    """An upstream that refuses every request, and repeats the credentials in its reason."""

    def answer(self, request: RecordedRequest) -> Answer:
        said = f"wrong: {request.headers.get('authorization')} {request.headers.get('x-api-key')}"
        return whole_json({"error": {"message": said, "type": "invalid_request_error"}}, 401)

    def too_large(self) -> Whole:
        return whole_json({"error": {"message": "too large"}}, 413)


async def stocked(stack: AsyncExitStack, folder: Path) -> tuple[Office, set[str]]:
    """A gateway with a secret in every place that can hold one, and a `Telltale` behind it."""
    vendor = await stack.enter_async_context(Telltale())
    upstream = {"type": "openai-compatible", "base_url": vendor.base_url}
    proxy = "http://user:{}@127.0.0.1:9"
    configured = {
        "openai": {**upstream, "api_key": SECRETS["sk-configured"]},
        "behind": {**upstream, "proxy": proxy.format(SECRETS["configured-proxy"])},
        "dummy": {"type": "dummy"},
    }
    running, stores = await stack.enter_async_context(gateway(folder, {"providers": configured}))
    office = Office(running, stores)
    root = await office.script(Role.ADMIN)
    settings = {
        "base_url": vendor.base_url,
        "proxy": proxy.format(SECRETS["provider-proxy"]),
        "headers": {"x-api-key": SECRETS["sk-hd"]},
    }
    provider = {"name": "stored", "type": "openai-compatible", "settings": settings}
    assert (await root("POST", "/v2/providers", provider)).status == 201
    for name in ("openai", "stored"):
        account = {
            "provider": name,
            "credential": {"api_key": SECRETS["sk-stored"] + name},
            "proxy": proxy.format(SECRETS["stored-proxy"]) if name == "stored" else None,
        }
        assert (await root("POST", "/v2/accounts", account)).status == 201
    key = await root("POST", "/v2/keys", {"name": "one"})
    token = await root("POST", "/v2/me/tokens", {"name": "another"})
    for model in ("openai/sim-echo", "stored/sim-echo", "behind/sim-echo"):
        headers = {"x-api-key": key.json["secret"], "content-type": "application/json"}
        await ask(running.live.gateway, "POST", "/v1/messages", {**HELLO, "model": model}, headers)
    await running.ledger.flush()
    await logged(running, 3)
    made = {key.json["secret"], token.json["token"], root.token.reveal()}
    return office, {*SECRETS.values(), *made}


def ids_in(value: Any) -> set[str]:
    """Every id and name in an answer, to ask for one by one."""
    match value:
        case dict():
            named = {str(value[name]) for name in ("id", "name", "request_id") if value.get(name)}
            return named.union(*map(ids_in, value.values()))
        case list():
            return set().union(*map(ids_in, value))
        case _:
            return set()


async def everything_read(asker: Script) -> dict[str, Reply]:
    """Path → answer, for every GET: first the lists, then all that each of them names."""
    paths = [path for path, item in (await document())["paths"].items() if "get" in item]
    paths.remove("/v2/logs/tail")
    read = {path: await asker("GET", path) for path in ("/v2/openapi.json", *paths) if "{" not in path}
    for path in paths:
        if "{" in path:
            for id in ids_in(read[path.partition("/{")[0]].json):
                one = re.sub(r"\{[^}]*\}", id, path)
                read[one] = await asker("GET", one)
    return read


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
async def test_no_answer_shows_a_secret(tmp_path: Path, role: Role) -> None:
    async with AsyncExitStack() as stack:
        office, secrets = await stocked(stack, tmp_path)
        asker = await office.script(role, "looks")
        read = await everything_read(asker)
    found = [path for path, reply in read.items() if reply.status == 200]
    for path in ("/v2/accounts/config:openai", "/v2/providers/stored", "/v2/providers/behind"):
        assert path in found, "it was looked at"
    failed = read["/v2/logs"].json["items"]
    assert len(failed) == 3 and all(row["error"] for row in failed)
    said = {account["last_error"] for account in read["/v2/accounts"].json["items"]}
    assert "wrong: *** None" in said, "the upstream has told tales"
    for path, reply in read.items():
        shown = {secret for secret in secrets if secret.encode() in reply.body}
        assert shown == set(), path


async def test_secrets_are_shown_only_to_administrators_who_ask_for_them(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        office, _ = await stocked(stack, tmp_path)
        root, viewer = await office.script(Role.ADMIN, "root"), await office.script(Role.VIEWER, "looks")
        path = "/v2/accounts/export?with_secrets=true"
        assert (await viewer("GET", path)).status == 403
        accounts = (await root("GET", path)).json["accounts"]
        assert SECRETS["sk-stored"] + "openai" in json.dumps(accounts)
        noted = (await root("GET", "/v2/audit?limit=5")).json["items"]
        assert any("export" in line["action"] for line in noted)
