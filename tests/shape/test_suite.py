"""The guards of the suite itself: no outside, no convenient skip under CI, no capture that nobody reads."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

import judges
import outside
import wire_files

pytest_plugins = ["pytester"]


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1"])
def test_a_connection_to_the_outside_is_refused(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock, pytest.raises(outside.ReachedOutsideError):
        sock.connect((host, 80))


@pytest.mark.parametrize(
    "host", ["example.invalid", "127.0.0.1.example.invalid", "localhost.example.invalid"]
)
def test_a_name_of_the_outside_is_not_looked_up(host: str) -> None:
    with pytest.raises(outside.ReachedOutsideError):
        socket.create_connection((host, 80))


def test_a_datagram_to_the_outside_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(outside.ReachedOutsideError):
        sock.sendto(b"?", ("192.0.2.1", 53))


async def test_the_event_loop_reaches_no_name_server() -> None:
    with pytest.raises(outside.ReachedOutsideError):
        await asyncio.open_connection("example.invalid", 443)


async def test_loopback_is_open() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "localhost", 0)
    async with server:
        reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
        assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "localhost", "a.localhost", b"localhost", None],
)
def test_names_of_this_machine(host: object) -> None:
    assert outside.is_loopback(host)


def test_children_inherit_no_keys_and_no_way_out() -> None:
    assert [name for name in os.environ if name.startswith(outside.PRIVATE_PREFIXES)] == []
    assert os.environ["HTTPS_PROXY"] == os.environ["https_proxy"] == outside.NOBODY_LISTENS
    assert "127.0.0.1" in os.environ["NO_PROXY"].split(",")


SKIPPING = """
    import pytest

    def test_needs():
        pytest.skip("needs a thing nobody has")

    def test_elsewhere():
        pytest.skip("only on another system")

    @pytest.mark.skip(reason="needs another thing")
    def test_marked():
        pass

    def test_fine():
        pass
"""


def run_skipping(pytester: pytest.Pytester, source: str) -> dict[str, int]:
    pytester.makepyfile(source)
    quiet = ("-o", "asyncio_default_fixture_loop_scope=function", "-p", "no:cacheprovider")
    return pytester.runpytest("-p", "ci_skips", *quiet).parseoutcomes()


def test_under_ci_a_missing_need_is_a_failure(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    assert run_skipping(pytester, SKIPPING) == {"failed": 1, "errors": 1, "skipped": 1, "passed": 1}


def test_elsewhere_it_is_a_skip(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert run_skipping(pytester, SKIPPING) == {"skipped": 3, "passed": 1}


def test_under_ci_a_whole_module_may_not_be_skipped_either(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    outcomes = run_skipping(pytester, "import pytest\npytest.skip('needs a thing', allow_module_level=True)")
    assert outcomes == {"errors": 1}


SWEPT = """
    import gc

    while_collecting = gc.isenabled()

    def test_garbage_is_collected_while_tests_run():
        assert not while_collecting
        assert gc.isenabled() and gc.get_freeze_count() > 100_000
"""


def test_what_collecting_tests_makes_is_spared_the_garbage_collector(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SWEPT)
    quiet = ("-o", "asyncio_default_fixture_loop_scope=function", "-p", "no:cacheprovider")
    assert pytester.runpytest("-p", "garbage", *quiet).parseoutcomes() == {"passed": 1}


def test_an_absent_judge_skips_and_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "HOME", tmp_path)
    for judge in (judges.node, judges.node_modules, judges.claude_cli, judges.python_with_old_sdks):
        with pytest.raises(pytest.skip.Exception, match=r"^needs .*: run `make judges`$"):
            judge()


def test_a_capture_that_was_not_opened_is_found(tmp_path: Path) -> None:
    for name in ("read.sse", "unread.json", "README.md"):
        (tmp_path / name).write_text("x")
    assert wire_files.never_opened(tmp_path, {str(tmp_path / "read.sse")}) == [tmp_path / "unread.json"]


def test_opening_a_capture_is_seen(tmp_path: Path) -> None:
    capture = tmp_path / "wire" / "some.bin"
    capture.parent.mkdir()
    capture.write_bytes(b"x")
    assert capture.read_bytes() == b"x"
    assert os.path.realpath(capture) in wire_files.opened
