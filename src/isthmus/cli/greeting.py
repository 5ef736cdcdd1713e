"""What `isthmus serve` says when it is ready: what there is, and the lines that point clients at it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from isthmus import __version__, registry
from isthmus.config import ProviderSettings, Settings
from isthmus.console.site import PATH, ConsoleSite
from isthmus.core.secret import Secret
from isthmus.discovery import Found

NO_KEY: Final = "isthmus"
"""What clients send when the gateway asks for no key: the SDKs refuse to start without one."""
YOUR_KEY: Final = "YOUR_KEY"


@dataclass(frozen=True, slots=True)
class Console:
    """The web console, as the operator finds it."""

    is_built: bool = True
    set_up_token: Secret | None = None
    """While there is no administrator yet."""

    @classmethod
    def of(cls, site: ConsoleSite | None, set_up_token: Secret | None) -> Console | None:
        return None if site is None else cls(site.is_built, set_up_token)

    def lines(self, url: str) -> list[str]:
        """With the token behind `#`: what stands there, a browser sends to nobody, so it is in no log."""
        page = f"{url}{PATH}/"
        if not self.is_built:
            return ["Console", f"  {page}  has not been built: `make console`", ""]
        token = self.set_up_token
        visit = (
            page if token is None else f"{page}setup#token={token.reveal()}  makes the first administrator"
        )
        return ["Console", f"  {visit}", ""]


def greeting(
    settings: Settings,
    port: int,
    source: Path | None,
    found: Sequence[Found],
    warnings: Sequence[str],
    *,
    with_keys: bool,
    with_accounts: AbstractSet[str] = frozenset(),
    mirrors: bool = False,
    console: Console | None = None,
) -> str:
    """Plain text for a person. Shows no key. `with_accounts`: names of providers that have some. `mirrors`: mirror mode is on,
    which takes more than its setting. `console`: None where there is none to visit."""
    url = address(settings.server.host, port)
    key = YOUR_KEY if with_keys else NO_KEY
    came = (
        f"configured by {source}"
        if source
        else "no configuration file"
        if found
        else "configured by the environment"
    )
    parts = [
        f"Isthmus {__version__} is ready at {url} ({came})",
        *(f"note: {each}" for each in warnings),
        "",
        *_providers(settings, found, with_accounts),
        "",
        *(console.lines(url) if console is not None else ()),
        *(_mirror(settings, url) if mirrors else ()),
        *_for_clients(url, key, example_model(settings)),
    ]
    return "\n".join(parts) + "\n"


def address(host: str, port: int) -> str:
    """Where a client on this machine finds the gateway."""
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host}:{port}"
    if parsed.is_unspecified:
        parsed = ipaddress.ip_address("127.0.0.1" if parsed.version == 4 else "::1")
    return f"http://[{parsed}]:{port}" if parsed.version == 6 else f"http://{parsed}:{port}"


def example_model(settings: Settings) -> str:
    """A name that the default provider takes."""
    name = settings.default_provider or next(iter(settings.providers))
    provider = settings.providers[name]
    plain = [model for model in provider.models if "*" not in model]
    if plain:
        return plain[0]
    if provider.default_model:
        return provider.default_model
    values = [model for model in provider.models.values() if "*" not in model]
    return values[0] if values else _USUAL_MODEL.get(provider.type, "MODEL")


_USUAL_MODEL: Final = {
    "dummy": "dummy",
    "anthropic": "claude-sonnet-5",
    "amazon-q": "claude-sonnet-4.5",
    "claude-web": "claude-sonnet-4-6",
    "claude-code": "claude-sonnet-5-5",
}


def _providers(settings: Settings, found: Sequence[Found], with_accounts: AbstractSet[str]) -> list[str]:
    why = {each.name: each.why for each in found}
    width = max(map(len, settings.providers))
    lines = ["Providers"]
    for name, provider in settings.providers.items():
        default = "  (default)" if name == settings.default_provider else ""
        lines.append(f"  {name:<{width}}  {why.get(name) or _described(provider)}{default}")
        logins = None if name in with_accounts else registry.logins(name, provider)
        if logins is not None:
            way = f"isthmus login {name}" if logins.methods else f"isthmus accounts add {name}"
            lines.append(f"  {'':<{width}}  answers nothing before it has an account: `{way}`")
    return lines


def _mirror(settings: Settings, url: str) -> list[str]:
    return [
        "Mirror mode",
        f"  {url}{settings.mirror.prefix}  takes session keys of claude.ai from anybody",
        "",
    ]


def _described(provider: ProviderSettings) -> str:
    where = provider.base_url or provider.vendor
    return f"{provider.type} at {where}" if where else provider.type


def _for_clients(url: str, key: str, model: str) -> list[str]:
    return [
        "Claude Code",
        f"  export ANTHROPIC_BASE_URL={url}",
        f"  export ANTHROPIC_AUTH_TOKEN={key}",
        "  claude                       (or, without exporting anything: isthmus claude)",
        "OpenAI SDK",
        f'  Python  OpenAI(base_url="{url}/v1", api_key="{key}")',
        f'  Node    new OpenAI({{ baseURL: "{url}/v1", apiKey: "{key}" }})',
        "Anthropic SDK",
        f'  Python  Anthropic(base_url="{url}", api_key="{key}")',
        f'  Node    new Anthropic({{ baseURL: "{url}", apiKey: "{key}" }})',
        "curl",
        f"  curl {url}/v1/chat/completions -H 'authorization: Bearer {key}' -H 'content-type: application/json' \\",
        f'    -d \'{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}\'',
        "Another provider than the default: put its name before /v1, or before the model as NAME/MODEL.",
    ]
