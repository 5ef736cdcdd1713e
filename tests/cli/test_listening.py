"""Ports are taken first, and a taken one is said with the way out."""

import socket

import pytest

from isthmus.cli.failure import CommandFailed
from isthmus.cli.listening import listen, port_of


def test_a_free_port() -> None:
    (opened,) = listen("127.0.0.1", 0)
    with opened:
        assert port_of([opened]) > 0
        with socket.create_connection(opened.getsockname(), timeout=5):
            pass


def test_a_name_with_several_addresses_has_one_port() -> None:
    sockets = listen("localhost", 0)
    assert len({each.getsockname()[1] for each in sockets}) == 1
    for each in sockets:
        each.close()


def test_a_taken_port() -> None:
    (opened,) = listen("127.0.0.1", 0)
    port = port_of([opened])
    with opened, pytest.raises(CommandFailed) as failure:
        listen("127.0.0.1", port)
    assert f"port {port} on 127.0.0.1 is in use" in str(failure.value)
    assert "--port" in str(failure.value)


def test_a_port_is_free_again_at_once() -> None:
    (opened,) = listen("127.0.0.1", 0)
    port = port_of([opened])
    with opened, socket.create_connection(("127.0.0.1", port)) as client:
        served, _ = opened.accept()
        served.close()  # from our side, so that the port lingers
        assert client.recv(1) == b""
    (again,) = listen("127.0.0.1", port)
    again.close()


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_an_address_that_is_not_ours(host: str) -> None:
    with pytest.raises(CommandFailed, match=r"server\.host"):
        listen(host, 0)


def resolving(*hosts: str) -> object:
    """A name that stands for these addresses."""

    def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (each, port)) for each in hosts]

    return getaddrinfo


def test_an_address_this_machine_lacks_does_not_keep_it_from_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving("192.0.2.1", "127.0.0.1"))
    (opened,) = listen("localhost", 0)
    with opened:
        assert opened.getsockname()[0] == "127.0.0.1"


def test_a_port_taken_at_one_of_two_addresses_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        monkeypatch.setattr(socket, "getaddrinfo", resolving("127.0.0.1", "127.0.0.2"))
        port = taken.getsockname()[1]
        with pytest.raises(CommandFailed, match="is in use"):
            listen("two", port)
    with socket.create_server(("127.0.0.1", port)):
        pass  # the one that could be had was given back
