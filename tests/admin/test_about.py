"""`/v2/about` tells viewers what runs here, without a secret."""

from __future__ import annotations

from pathlib import Path

from assembled import script
from cli.gateways import gateway
from isthmus import __version__
from isthmus.control.people import Role


async def test_a_viewer_sees_what_runs_here(tmp_path: Path) -> None:
    configured = {
        "providers": {"dummy": {"type": "dummy"}},
        "server": {"trusted_proxies": ["10.0.0.0/8"]},
    }
    async with gateway(tmp_path, configured) as (running, stores):
        viewer = await script(running, stores, Role.VIEWER)
        about = (await viewer("GET", "/v2/about")).json
        assert (about["version"], about["data_dir"], about["providers"]) == (__version__, None, 1)
        assert about["listening"]["trusted_proxies"] == ["10.0.0.0/8"]
        assert about["listening"]["key_required"] is False
        database = about["database"]
        assert database["engine"] == "sqlite"
        assert database["schema_revision"] == database["newest_revision"]
        assert database["migrations"][-1]["revision"] == database["newest_revision"]
        assert (about["accounts"], about["users"], about["api_keys"]) == (1, 1, 0)
        root = await script(running, stores, Role.ADMIN)
        assert (await root("GET", "/v2/about")).json["data_dir"] == str(tmp_path)
