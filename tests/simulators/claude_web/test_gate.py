import json

import pytest

from isthmus.simulators.claude_web.answers import Silence, Whole
from isthmus.simulators.claude_web.clock import Clock
from isthmus.simulators.claude_web.gate import Asked, Outcome, pass_through
from isthmus.simulators.claude_web.world import World


def world() -> World:
    made = World(clock=Clock.standing(1_790_000_000))
    made.add_account("anna")
    return made


def asked(
    here: World, path: str = "/api/organizations", *cookies: str, method: str = "GET", body: bytes = b""
) -> tuple[Outcome, Whole]:
    sent = cookies or (f"sessionKey={here.account('anna').key}",)
    entry = here.journal.open(here.clock.now_s(), method, path, "", ())
    outcome = pass_through(here, Asked(method, path, {}, sent, "application/json", body), entry)
    return outcome, outcome.answer if isinstance(outcome.answer, Whole) else Whole(0)


def code(answer: Whole) -> object:
    return json.loads(answer.body)["error"]["details"].get("error_code")


def test_the_session_key_opens_the_door() -> None:
    here = world()
    assert asked(here)[1].status == 200
    entry = here.journal[-1]
    assert (entry.account, entry.endpoint) == ("anna", "organizations")


@pytest.mark.parametrize(
    "cookies",
    [
        (),
        ("",),
        ("sessionKey=sk-ant-sid01-nobody",),
        ("other={key}",),
        ("sessionKey={key}; cf_clearance=x",),
        ("sessionKey={key}", "lastActiveOrg=x"),
    ],
)
@pytest.mark.parametrize("path", ["/api/organizations", "/api/bootstrap", "/api/no/such/path"])
def test_anything_else_does_not(cookies: tuple[str, ...], path: str) -> None:
    here = world()
    key = here.account("anna").key
    sent = tuple(cookie.format(key=key) for cookie in cookies) or ("x",)
    _, answer = asked(here, path, *sent)
    assert (answer.status, code(answer)) == (403, "account_session_invalid")
    assert here.journal[-1].account is None


def test_somebody_signed_out_stays_outside() -> None:
    here = world()
    here.account("anna").signed_in = False
    assert asked(here)[1].status == 403


def test_a_path_that_is_not_there_is_a_404_and_a_page_is_a_page() -> None:
    here = world()
    assert asked(here, "/api/append_message", method="POST")[1].status == 404
    assert asked(here, "/login", "x")[1].content_type.startswith("text/html")


def test_a_malformed_organization_is_refused() -> None:
    _, answer = asked(world(), "/api/organizations/nonsense/usage")
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["type"] == "invalid_request_error"


def test_a_new_key_comes_once_and_both_are_good_until_it_is_used() -> None:
    here = world()
    anna, old = here.account("anna"), here.account("anna").key
    anna.script("F26 new-key")
    new = asked(here)[0].new_key
    assert new is not None and new != old
    assert asked(here, "/api/account", f"sessionKey={old}")[0].new_key is None
    assert asked(here, "/api/account", f"sessionKey={new}")[1].status == 200
    assert asked(here, "/api/account", f"sessionKey={old}")[1].status == 403
    assert new not in repr(Outcome(Silence(), new))


def test_forms_are_journalled_by_their_parts() -> None:
    here = world()
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n--x--\r\n'
    for body, wanted in ((form, "file"), (b"broken", "body: the form is not whole")):
        entry = here.journal.open(0.0, "POST", "/api/x/upload", "", ())
        pass_through(here, Asked("POST", "/x", {}, (), "multipart/form-data; boundary=x", body), entry)
        found = entry.body[0]["name"] if isinstance(entry.body, list) else entry.body
        assert found == wanted
