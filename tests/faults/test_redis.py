"""A Redis that is away: rate limits go on, for each gateway by itself."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from clients.running import Answered
from clients.stage import Stage
from faults.conftest import Prepare
from faults.gateways import Gateway, soon
from faults.hearing import WAYS, assert_refused, assert_whole, new_model
from faults.relay import Relay
from faults.stocking import Stocked, key_of
from limiting.stores import REDIS_URL
from operations.asking import ask

MESSAGES_PLAIN = WAYS[0]
REQUESTS_PER_MINUTE = 6


@pytest.fixture
def relay(stage: Stage) -> Relay:
    url = urlsplit(REDIS_URL)
    try:
        socket.create_connection((url.hostname, url.port), 5).close()
    except OSError:
        pytest.skip(f"needs Redis at {url.hostname}:{url.port}")
    return stage.play(lambda: Relay(url.hostname, url.port))


def asked(gateway: Gateway, secret: str) -> Answered:
    headers = {"authorization": f"Bearer {secret}"}
    return ask(gateway, MESSAGES_PLAIN.dialect, new_model(), provider="shared-messages", headers=headers)


def test_a_redis_that_goes_away(prepare: Prepare, relay: Relay, stage: Stage) -> None:
    accounts = {"shared-messages": [Stocked(key_of("shared-messages-1"))]}
    url = urlsplit(REDIS_URL)._replace(netloc=f"127.0.0.1:{relay.port}").geturl()
    with prepare(accounts, limits={"redis_url": url}) as gateway:
        limited = {"name": "limited", "requests_per_minute": REQUESTS_PER_MINUTE}
        secret = gateway.administer("/v2/keys", limited).json["secret"]
        assert soon(lambda: asked(gateway, "wrong").status == 401), "the gateway notices its first key"
        for _ in range(2):
            assert_whole(MESSAGES_PLAIN, asked(gateway, secret))
        stage.run(relay.cut())
        for _ in range(REQUESTS_PER_MINUTE):
            assert_whole(MESSAGES_PLAIN, asked(gateway, secret))
        assert_refused(MESSAGES_PLAIN, asked(gateway, secret), "rate_limit")
        assert len(gateway.said("limits_not_shared", level="warning")) == 1
