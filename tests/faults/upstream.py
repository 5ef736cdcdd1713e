"""An upstream that treats each credential as a test wants, in both dialects, and is strict about nothing."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter

from aiohttp import web

from faults.answers import CHAT, MESSAGES, Asked, Behaviour, Reset, Told, good
from simulators.answers import Pause, Whole, whole_json
from simulators.service import RecordedRequest, Simulator

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class FaultyUpstream(Simulator):
    """`behaviours` may be changed at any time; a credential that is not in it is served well."""

    def __init__(self) -> None:
        super().__init__()
        self.behaviours: dict[str, Behaviour] = {}
        self.asked: Counter[str] = Counter()
        """Requests by credential."""

    def too_large(self) -> Whole:
        return whole_json({"error": {"message": "too large"}}, 413)

    def answer(self, request: RecordedRequest) -> Told:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key") or bearer
        dialect = MESSAGES if request.path.endswith("/messages") else CHAT
        self.asked[key] += 1
        stream = isinstance(request.json, dict) and request.json.get("stream") is True
        return self.behaviours.get(key, good)(Asked(dialect, stream, key))

    async def _give(self, request: web.Request, told: Told) -> web.StreamResponse:
        headers = {"content-type": told.content_type, **told.headers}
        response = web.StreamResponse(status=told.status, headers=headers)
        for step in told.steps:
            match step:
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case Reset():
                    _reset(request)
                    return response
                case bytes():
                    if not response.prepared:
                        await response.prepare(request)
                    await response.write(step)
        if not response.prepared:
            await response.prepare(request)
        await response.write_eof()
        return response


def _reset(request: web.Request) -> None:
    if request.transport is not None:
        peer = request.transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        request.transport.abort()
