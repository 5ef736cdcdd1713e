"""Images named by address: fetched only when needed, never from inside the network, never without an end."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator

import pytest

from clients.running import NO_REST, Answered, RunningGateway
from clients.stage import Stage
from operations.asking import error_of
from simulators.answers import Answer, NeverAnswered, Whole, whole_json
from simulators.openai_vendor import OpenAIVendor
from simulators.service import RecordedRequest, Simulator

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SECRET_PATH = "/inside/secret-path"


class Pictures(Simulator):
    """Serves one image, and every trick a server of images may play."""

    def too_large(self) -> Whole:
        return Whole(b"", 413)

    def answer(self, request: RecordedRequest) -> Answer:
        match request.path:
            case "/pixel.png":
                return Whole(PIXEL, content_type="image/png")
            case "/huge.png":
                return Whole(PIXEL + b"\0" * (2 << 20), content_type="image/png")
            case "/never.png":
                return NeverAnswered()
            case "/page.png":
                return Whole(b"<html>secret of the inside</html>", content_type="image/png")
            case "/missing.png":
                return whole_json({"secret": "of the inside"}, 404)
            case path if path.startswith("/to/"):
                return Whole(b"", 302, headers={"location": f"{request.query}"})
            case _:
                return Whole(b"secret of the inside", content_type="text/plain")


@pytest.fixture(scope="module")
def pictures(stage: Stage) -> Pictures:
    return stage.play(Pictures)


@pytest.fixture(scope="module")
def trusting(vendor: OpenAIVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """Its operator lets it fetch from private networks, a little and for a short time."""
    settings = {
        "base_url": vendor.base_url,
        "api_key": vendor.key,
        "capabilities": {"*": {"fetches_urls": False, "vision": True}},
    }
    configuration = {
        "accounts": NO_REST,
        "providers": {"needy": settings},
        "images": {"allow_private_networks": True, "max_mib": 1, "fetch_timeout_s": 1},
    }
    with RunningGateway(configuration, tmp_path_factory.mktemp("trusting")) as running:
        yield running


def show(gateway: RunningGateway, url: str, provider: str = "needy", model: str = "sim-echo") -> Answered:
    part = {"type": "image", "source": {"type": "url", "url": url}}
    content = [{"type": "text", "text": "What is this?"}, part]
    body = {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": content}]}
    return gateway.ask(f"/{provider}/v1/messages", body)


INSIDE: list[Callable[[str], str]] = [
    lambda port: f"http://127.0.0.1:{port}{SECRET_PATH}",
    lambda port: f"http://localhost:{port}{SECRET_PATH}",
    lambda port: f"http://a.localhost:{port}{SECRET_PATH}",
    lambda port: f"http://127.1:{port}{SECRET_PATH}",
    lambda port: f"http://2130706433:{port}{SECRET_PATH}",
    lambda port: f"http://0x7f000001:{port}{SECRET_PATH}",
    lambda port: f"http://0177.0.0.1:{port}{SECRET_PATH}",
    lambda port: f"http://0.0.0.0:{port}{SECRET_PATH}",
    lambda port: f"http://[::1]:{port}{SECRET_PATH}",
    lambda port: f"http://[::ffff:127.0.0.1]:{port}{SECRET_PATH}",
    lambda port: f"http://[::ffff:7f00:1]:{port}{SECRET_PATH}",
    lambda port: f"http://[64:ff9b::7f00:1]:{port}{SECRET_PATH}",
    lambda port: f"http://①②⑦.0.0.1:{port}{SECRET_PATH}",
    lambda _: "http://169.254.169.254/latest/meta-data/",
    lambda _: "http://[fd00:ec2::254]/latest/meta-data/",
    lambda _: "http://10.0.0.1/",
    lambda _: "http://192.168.1.1/",
    lambda _: "http://172.16.0.1/",
    lambda _: "http://100.64.0.1/",
    lambda port: f"http://user:password@127.0.0.1:{port}{SECRET_PATH}",
    lambda _: "file:///etc/passwd",
    lambda _: "ftp://127.0.0.1/",
    lambda _: "gopher://127.0.0.1/",
    lambda _: "http://",
]


@pytest.mark.parametrize("inside", INSIDE, ids=lambda make: make("PORT"))
def test_nothing_inside_the_network_can_be_fetched(
    inside: Callable[[str], str], gateway: RunningGateway, pictures: Pictures, vendor: OpenAIVendor
) -> None:
    url = inside(pictures.origin.rpartition(":")[2])
    before, asked = len(pictures.requests), len(vendor.requests)
    refused = show(gateway, url)
    assert (refused.status, error_of(refused)["type"]) == (400, "invalid_request_error"), refused.body
    assert b"secret" not in refused.body and b"password" not in refused.body
    assert (len(pictures.requests), len(vendor.requests)) == (before, asked)
    line = gateway.logged(request_id=refused.headers["request-id"])[0]
    assert "password" not in str(line) and "secret-path" not in str(line)


@pytest.mark.parametrize(
    "url", ["http://nobody.invalid/a.png", "http://127.0.0.1:9/a.png", "http://127.0.0.1:22/a.png"]
)
def test_a_refusal_maps_nothing(url: str, gateway: RunningGateway) -> None:
    """A closed port, an open one and a name that does not exist all look the same."""
    message = error_of(show(gateway, url))["message"]
    host = url.split("/")[2].partition(":")[0]
    assert message.replace(host, "HOST") == error_of(show(gateway, "http://10.9.8.7/x"))["message"].replace(
        "10.9.8.7", "HOST"
    )


@pytest.mark.parametrize("provider", ["vendor", "blind", "dummy"])
def test_nobody_fetches_what_is_not_needed(
    provider: str, gateway: RunningGateway, pictures: Pictures
) -> None:
    """A vendor that fetches by itself, a model that cannot see, a dummy: none makes the gateway fetch."""
    before = len(pictures.requests)
    model = "dummy-vision" if provider == "dummy" else "sim-text"
    show(gateway, f"{pictures.origin}/pixel.png", provider, model)
    assert len(pictures.requests) == before


def test_an_image_is_fetched_where_the_vendor_cannot(
    trusting: RunningGateway, pictures: Pictures, vendor: OpenAIVendor
) -> None:
    answer = show(trusting, f"{pictures.origin}/pixel.png")
    assert answer.status == 200, answer.body
    encoded = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
    sent = vendor.requests[-1].json["messages"][-1]["content"][-1]
    assert sent["image_url"]["url"] == encoded
    asked = pictures.requests[-1].headers
    assert asked["user-agent"].startswith("isthmus/")
    assert not {"authorization", "x-api-key", "cookie", "referer"} & set(asked)


def test_redirects_are_followed_a_little(trusting: RunningGateway, pictures: Pictures) -> None:
    assert show(trusting, f"{pictures.origin}/to/?/pixel.png").status == 200
    for target in (
        "/to/?/to/",
        "http://169.254.169.254/latest/",
        "file:///etc/passwd",
        "http://user:pw@127.0.0.1/",
    ):
        refused = show(trusting, f"{pictures.origin}/to/?{target}")
        assert refused.status == 400, target


@pytest.mark.parametrize("name", ["huge", "never", "page", "missing"])
def test_what_is_no_image_or_has_no_end_is_refused(
    name: str, trusting: RunningGateway, pictures: Pictures, vendor: OpenAIVendor
) -> None:
    asked, began = len(vendor.requests), time.monotonic()
    refused = show(trusting, f"{pictures.origin}/{name}.png")
    assert time.monotonic() - began < 3
    assert (refused.status, len(vendor.requests)) == (400, asked)
    assert b"secret" not in refused.body
    assert error_of(refused)["message"].startswith("messages.content.image: ")


def test_the_metadata_service_is_never_asked(trusting: RunningGateway) -> None:
    """Not even by a gateway that may look inside."""
    assert show(trusting, "http://169.254.169.254/latest/meta-data/").status == 400
