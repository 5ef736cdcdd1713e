import dataclasses

import pytest

from isthmus.simulators.claude_web.faults import Endpoint
from isthmus.simulators.claude_web.refusals import Refusal
from isthmus.simulators.claude_web.visit import Visit
from isthmus.simulators.claude_web.world import World


def visit(body: bytes = b"{}", kind: str = "application/json; charset=utf-8", org: str = "") -> Visit:
    world = World()
    account = world.add_account("anna")
    params = {"org": org or account.org.uuid}
    return Visit(account, Endpoint.CREATE, params, {}, kind, body, 5.0, world.seeds, "req_1")


def test_a_visit_knows_its_organization_and_its_moment() -> None:
    assert visit().org().capabilities == ("chat", "claude_pro")
    assert (visit().moment.now_s, visit().moment.request_id) == (5.0, "req_1")


@pytest.mark.parametrize(
    ("org", "status", "kind"),
    [
        ("not-a-uuid", 400, "invalid_request_error"),
        ("00000000-0000-4000-8000-000000000001", 403, "permission_error"),
    ],
)
def test_another_organization_is_refused(org: str, status: int, kind: str) -> None:
    with pytest.raises(Refusal) as refused:
        visit(org=org).org()
    assert (refused.value.status, refused.value.kind) == (status, kind)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff", "application/json", 400),
    ],
)
def test_a_body_that_is_no_object_is_refused(body: bytes, kind: str, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        visit(body, kind).json()
    assert refused.value.status == status


def test_a_body_is_read() -> None:
    assert visit(b'{"a": 1}').json() == {"a": 1}
    assert visit(b'"c"').any_json() == "c"
    form = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    (part,) = dataclasses.replace(visit(form), content_type="multipart/form-data; boundary=x").form()
    assert (part.name, part.data) == ("a", b"1")
