"""The simulators as processes of their own, for judges that are not Python."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("module", "options", "path"),
    [
        (
            "simulators.openai_vendor",
            ["--profile", "mistral", "--alias", "vendor/model=sim-text"],
            "/models/vendor/model",
        )
    ],
)
async def test_a_simulator_runs_as_a_process_and_stops_when_told(
    module: str, options: list[str], path: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        "--key",
        "sk-judge",
        *options,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert process.stdout is not None
    base_url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    headers = {"authorization": "Bearer sk-judge", "anthropic-version": "2023-06-01"}
    async with aiohttp.ClientSession(headers=headers) as session:
        answered = (await session.get(base_url + path)).status
        origin = base_url.removesuffix("/v1")
        seen = await (await session.get(origin + "/sim/requests")).json()
        forgotten = (await session.post(origin + "/sim/forget")).status
        left = await (await session.get(origin + "/sim/requests")).json()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert (answered, forgotten, left) == (200, 204, [])
    assert [each["path"] for each in seen] == [base_url.removeprefix(origin) + path]
