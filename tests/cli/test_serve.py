"""The gateway as a process: it starts, says so, serves official clients, and ends well."""

import json
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from cli.processes import DUMMY, Run, Serve, Serving

KEY = "key-of-a-client"


def get(url: str, **headers: str) -> tuple[int, Any, Any]:
    """Status, headers and JSON of an answer."""
    request = urllib.request.Request(
        url, headers={name.replace("_", "-"): each for name, each in headers.items()}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.headers, json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, json.loads(refusal.read())


def openai_client(gateway: Serving, key: str = "isthmus") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key, max_retries=0)


def anthropic_client(gateway: Serving, key: str = "isthmus") -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=gateway.url, api_key=key, max_retries=0)


def test_it_answers_probes(serve: Serve) -> None:
    gateway = serve()
    assert get(f"{gateway.url}/healthz")[::2] == (200, {"status": "ok"})
    status, headers, body = get(f"{gateway.url}/readyz")
    assert (status, body) == (200, {"status": "ready"})
    assert "server" not in headers
    assert "date" in headers


def test_official_clients_are_answered(serve: Serve) -> None:
    gateway = serve()
    with openai_client(gateway) as chat:
        answer = chat.chat.completions.create(
            model="dummy-text", messages=[{"role": "user", "content": "Hello"}]
        )
        assert answer.choices[0].message.content
        pieces = chat.chat.completions.create(
            model="dummy-text", messages=[{"role": "user", "content": "Hello"}], stream=True
        )
        said = "".join(piece.choices[0].delta.content or "" for piece in pieces)
        assert said == answer.choices[0].message.content
        assert "dummy" in {model.id for model in chat.models.list()}
    with anthropic_client(gateway) as messages:
        hello: Any = {
            "model": "dummy-text",
            "max_tokens": 99,
            "messages": [{"role": "user", "content": "Hi"}],
        }
        whole = messages.messages.create(**hello)
        with messages.messages.stream(**hello) as stream:
            assert stream.get_final_text() == whole.content[0].text  # type: ignore[union-attr]
        assert messages.messages.count_tokens(**{k: hello[k] for k in ("model", "messages")}).input_tokens > 0


def test_each_request_is_one_line_without_its_body(serve: Serve) -> None:
    gateway = serve()
    with openai_client(gateway, "sk-of-a-client") as chat:
        chat.chat.completions.create(
            model="dummy-echo", messages=[{"role": "user", "content": "my own words"}]
        )
    get(f"{gateway.url}/healthz")
    assert gateway.stop() == 0
    (line,) = gateway.log_lines()
    assert (line["event"], line["model"], line["status"]) == ("request", "dummy-echo", 200)
    assert line["duration_ms"] > 0
    assert "my own words" not in gateway.log
    assert "sk-of-a-client" not in gateway.log


def test_it_starts_without_any_configuration(serve: Serve) -> None:
    secret = "sk-proj-0123456789abcdef"
    gateway = serve(None, env={"OPENAI_API_KEY": secret})
    assert "no configuration file" in gateway.greeting
    assert "openai" in gateway.greeting
    assert "OPENAI_API_KEY is set" in gateway.greeting
    assert "dummy" in gateway.greeting
    with anthropic.Anthropic(base_url=f"{gateway.url}/dummy", api_key="isthmus", max_retries=0) as client:
        said = client.messages.create(
            model="dummy-text", max_tokens=99, messages=[{"role": "user", "content": "Hi"}]
        )
        assert said.content
    gateway.stop()
    assert secret not in gateway.greeting + gateway.log


def test_a_default_provider_that_was_not_found_is_refused(run: Run) -> None:
    done = run("serve", "--port", "0", env={"ISTHMUS_DEFAULT_PROVIDER": "mine"})
    assert done.returncode == 1
    assert "default_provider 'mine' is neither configured nor found" in done.stderr


def test_keys_are_demanded_and_not_shown(serve: Serve) -> None:
    gateway = serve({**DUMMY, "api_keys": [KEY]})
    assert KEY not in gateway.greeting
    with openai_client(gateway, "wrong") as chat, pytest.raises(openai.AuthenticationError):
        chat.models.list()
    with openai_client(gateway, KEY) as chat:
        assert chat.models.list().data
    gateway.stop()
    assert KEY not in gateway.log


def test_forwarded_addresses_are_believed_of_trusted_proxies_only(serve: Serve) -> None:
    for trusted, client in ((["127.0.0.0/8"], "203.0.113.9"), ([], "127.0.0.1")):
        gateway = serve({**DUMMY, "server": {"trusted_proxies": trusted}})
        get(f"{gateway.url}/v1/models", x_forwarded_for="203.0.113.9")
        gateway.stop()
        assert [line["client"] for line in gateway.log_lines()] == [client]


class Streaming(threading.Thread):
    """A client in the middle of a streamed answer."""

    def __init__(self, gateway: Serving, model: str) -> None:
        super().__init__()
        self.client = anthropic_client(gateway)
        self.model = model
        self.begun = threading.Event()
        self.text = ""
        self.stop_reason: str | None = None
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        hello: Any = {"max_tokens": 9999, "messages": [{"role": "user", "content": "Hi"}]}
        try:
            with self.client, self.client.messages.stream(model=self.model, **hello) as stream:
                for piece in stream.text_stream:
                    self.text += piece
                    self.begun.set()
                self.stop_reason = stream.get_final_message().stop_reason
        except anthropic.AnthropicError as error:
            self.error = error
        finally:
            self.begun.set()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_stream_is_brought_to_its_end(number: int, serve: Serve) -> None:
    gateway = serve()
    streaming = Streaming(gateway, "dummy-slow")
    assert streaming.begun.wait(10)
    begun_with = streaming.text
    gateway.process.send_signal(number)
    time.sleep(0.3)
    # Whoever balances load can read that nothing new is wanted here.
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://127.0.0.1:{gateway.port}/readyz", timeout=5)
    assert caught.value.code == 503
    assert gateway.process.wait(15) == 0
    streaming.join(5)
    assert (streaming.error, streaming.stop_reason) == (None, "end_turn")
    assert len(streaming.text) > 2 * len(begun_with)


@pytest.mark.slow
def test_a_stream_that_takes_too_long_ends_in_an_honest_error(serve: Serve) -> None:
    gateway = serve({**DUMMY, "server": {"drain_timeout_s": 1}, "streams": {"commit_after_s": 0.1}})
    streaming = Streaming(gateway, "dummy-silent-60")
    time.sleep(1)
    assert gateway.stop(within_s=8) == 0
    streaming.join(5)
    assert isinstance(streaming.error, anthropic.APIStatusError)
    assert "shutting down" in str(streaming.error)


@pytest.mark.slow
def test_a_second_signal_does_not_wait(serve: Serve) -> None:
    gateway = serve({**DUMMY, "streams": {"commit_after_s": 0.1}})
    streaming = Streaming(gateway, "dummy-silent-60")
    time.sleep(1)
    gateway.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert gateway.process.poll() is None
    assert gateway.stop(within_s=5) == 0
    streaming.join(5)
    assert streaming.error is not None


@pytest.mark.slow
@pytest.mark.parametrize("signals", [1, 2])
def test_whoever_has_no_answer_yet_is_told_in_their_dialect(serve: Serve, signals: int) -> None:
    gateway = serve({**DUMMY, "server": {"drain_timeout_s": 1}})
    waiting = Streaming(gateway, "dummy-silent-60")
    time.sleep(1)
    for _ in range(signals):
        gateway.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    assert gateway.process.wait(8) == 0
    waiting.join(5)
    assert isinstance(waiting.error, anthropic.APIStatusError)
    assert waiting.error.status_code == 529
    assert "shutting down" in str(waiting.error)
    assert "Traceback" not in gateway.log


def test_a_taken_port_is_said_at_once(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"port {port} on 127.0.0.1 is in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_configuration_is_refused_with_file_and_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "isthmus.yaml").write_text("server:\n  port: eight\nproviders:\n  a: {typ: dummy}\n")
    done = run("serve")
    assert (done.returncode, done.stdout) == (1, "")
    assert "isthmus.yaml:2: server.port: expected a whole number (found 'eight')" in done.stderr
    assert "isthmus.yaml:4: providers.a.typ: unknown setting; did you mean 'type'?" in done.stderr


def test_settings_that_do_not_fit_together_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "isthmus.yaml").write_text("providers: {a: {type: dummy}}\naliases: {x: y, y: x}\n")
    done = run("serve", "--port", "0")
    assert done.returncode == 1
    assert "aliases lead in a circle: x -> y -> x" in done.stderr


@pytest.mark.parametrize("options", [("--port", "-1"), ("--log-level", "loud"), ("--port", "70000")])
def test_wrong_options_are_refused(options: tuple[str, str], run: Run) -> None:
    done = run("serve", *options)
    assert done.returncode == 1
    assert "command line" in done.stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="only on systems with pseudo-terminals")
def test_the_log_is_for_the_eye_on_a_terminal(serve: Serve) -> None:
    gateway = serve(DUMMY, "--log-format", "console")
    get(f"{gateway.url}/v1/models")
    gateway.stop()
    assert "[info     ] request" in gateway.log
