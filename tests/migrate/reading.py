"""Reading made-up configurations of other programs in tests. Everything secret in them holds the word CANARY."""

from pathlib import Path
from typing import Any, Final

from isthmus.migrate.haul import Haul, NewProvider, Report
from isthmus.migrate.programs import PROGRAMS
from isthmus.migrate.source import Options

DATA: Final = Path(__file__).parent / "data"
CANARY: Final = "CANARY"
ENV: Final = {
    "ANTHROPIC_API_KEY": "sk-ant-api03-CANARY-env",
    "OPENROUTER_API_KEY": "sk-or-v1-CANARY-env",
    "LITELLM_MASTER_KEY": "sk-master-CANARY",
    "TOGETHER": "tgp-CANARY-123456",
}
NOW_MS: Final = 1_795_000_000_000
"""A day of November 2026."""


def read(program: str, path: Path | None = None, **options: Any) -> Haul:
    given: dict[str, Any] = {"env": ENV, "now_ms": NOW_MS, "home": DATA, **options}
    return PROGRAMS[program].read(path or DATA / program, Options(**given))


def of_yaml(program: str, folder: Path, text: str, **options: Any) -> Haul:
    path = folder / "config.yaml"
    path.write_text(text)
    return read(program, path, **options)


def lines(report: Report) -> dict[str, list[tuple[str, str]]]:
    return {
        name: [(line.what, line.text) for line in getattr(report, name)]
        for name in ("carried", "changed", "left_out", "unknown")
    }


def said(report: Report, where: str, what: str) -> list[str]:
    """What one list says of one key."""
    return [text for key, text in lines(report)[where] if key == what]


def provider(haul: Haul, name: str) -> NewProvider:
    (found,) = [each for each in haul.providers if each.name == name]
    return found


def keys_of(haul: Haul, name: str) -> list[str]:
    """The keys of a provider's accounts."""
    return [each.credential["api_key"].reveal() for each in haul.accounts if each.provider == name]
