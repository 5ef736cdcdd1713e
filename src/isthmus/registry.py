"""What there is: a line for every provider and every dialect. A new one is added here, and otherwise only in its own folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.config.checks import NO_SOCKS, NO_SOCKS_WAY_OUT, is_socks_for_claude_code
from isthmus.config.sections.provider import ProviderSettings
from isthmus.core.interfaces import Dialect, Provider
from isthmus.core.logins import Logins
from isthmus.core.secret import Secret
from isthmus.dialects import anthropic as messages
from isthmus.dialects import openai_chat
from isthmus.providers.amazon_q.logins import AmazonQLogins
from isthmus.providers.amazon_q.options import Options as AmazonQOptions
from isthmus.providers.amazon_q.provider import AmazonQ
from isthmus.providers.anthropic import Anthropic
from isthmus.providers.anthropic.provider import BASE_URL
from isthmus.providers.claude_code.options import FileAccess, Mcp
from isthmus.providers.claude_code.options import Options as ClaudeCodeOptions
from isthmus.providers.claude_code.provider import ClaudeCode
from isthmus.providers.claude_web.logins import ClaudeWebLogins
from isthmus.providers.claude_web.options import Options as ClaudeWebOptions
from isthmus.providers.claude_web.provider import ClaudeWeb
from isthmus.providers.dummy import Dummy
from isthmus.providers.openai_compatible import VENDORS, OpenAICompatible, vendor_named

_HERE: Final = Secret("127.0.0.1,localhost,::1")
"""What is never reached through a proxy."""


@dataclass(frozen=True, slots=True)
class Order:
    """One provider as the configuration wants it."""

    name: str
    settings: ProviderSettings
    auto_cache: bool


def build(name: str, settings: ProviderSettings, *, auto_cache: bool = True) -> Provider:
    """Raises `ValueError`, naming the provider and the way out, for what only its own code knows to be wrong."""
    try:
        return PROVIDERS[settings.type](Order(name, settings, auto_cache))
    except ValueError as error:
        raise ValueError(f"providers.{name}: {error}") from None


def logins(name: str, settings: ProviderSettings) -> Logins | None:
    """What a provider knows of accounts that sign in; None for one whose accounts do not."""
    match settings.type:
        case "amazon-q":
            return AmazonQLogins(_amazon_q_options(settings))
        case "claude-web":
            return ClaudeWebLogins(_claude_web_options(settings))
        case _:
            return None


def vendors() -> tuple[str, ...]:
    """Names that `vendor` of an `openai-compatible` provider may have."""
    return tuple(VENDORS)


def dialects() -> dict[str, Dialect]:
    """By name. They hold no state: one of each serves every request."""
    known: tuple[Dialect, ...] = (messages.dialect, openai_chat.dialect, openai_chat.completions)
    return {dialect.name: dialect for dialect in known}


def _openai_compatible(order: Order) -> Provider:
    settings = _without_sections(order.settings)
    quirks = dict(settings.quirks)
    if settings.think_tags is not None:
        quirks["think_tags"] = settings.think_tags
    if settings.pass_through is not None:
        quirks["passes"] = settings.pass_through
    return OpenAICompatible(
        order.name,
        settings.base_url or "",
        settings.api_key,
        vendor=None if settings.vendor is None else vendor_named(settings.vendor),
        headers=settings.headers,
        rules=settings.rules(),
        quirks=quirks,
    )


def _anthropic(order: Order) -> Provider:
    settings = _without_vendor(order.settings)
    return Anthropic(
        order.name,
        api_key=settings.api_key,
        base_url=settings.base_url or BASE_URL,
        headers=settings.headers,
        rules=settings.rules(),
        auto_cache=order.auto_cache,
        passes=settings.pass_through or (),
    )


def _dummy(order: Order) -> Provider:
    settings = _without_vendor(order.settings)
    if settings.pass_through:
        raise ValueError("`pass_through` means nothing to type 'dummy': there is no vendor behind it")
    return Dummy(order.name, settings.rules())


def _amazon_q(order: Order) -> Provider:
    settings = order.settings
    if settings.base_url is not None:
        raise ValueError(
            "`base_url` means nothing to type 'amazon-q': set `amazon_q.chat_url`, or remove it for the service's own"
        )
    if settings.pass_through:
        raise ValueError(
            "`pass_through` means nothing to type 'amazon-q': the service speaks no client's dialect"
        )
    _refuse_vendors(settings)
    _refuse_sections(settings, but="amazon_q")
    return AmazonQ(order.name, _amazon_q_options(settings), rules=settings.rules(), headers=settings.headers)


def _amazon_q_options(settings: ProviderSettings) -> AmazonQOptions:
    return AmazonQOptions(**settings.amazon_q.model_dump(mode="json"))


def _claude_web(order: Order) -> Provider:
    settings = order.settings
    if settings.base_url is not None:
        raise ValueError(
            "`base_url` means nothing to type 'claude-web': set `claude_web.base_url`, or remove it"
        )
    if settings.pass_through:
        raise ValueError(
            "`pass_through` means nothing to type 'claude-web': the website speaks no client's dialect"
        )
    _refuse_vendors(settings)
    _refuse_sections(settings, but="claude_web")
    if settings.api_key:
        raise ValueError(
            "`api_key` means nothing to type 'claude-web': add the session with `isthmus accounts add`, and remove it here"
        )
    return ClaudeWeb(
        order.name, _claude_web_options(settings), rules=settings.rules(), headers=settings.headers
    )


def _claude_web_options(settings: ProviderSettings) -> ClaudeWebOptions:
    return ClaudeWebOptions(**settings.claude_web.model_dump(mode="json"))


def _claude_code(order: Order) -> Provider:
    settings = order.settings
    if settings.pass_through:
        raise ValueError(
            "`pass_through` means nothing to type 'claude-code': the program speaks no client's dialect"
        )
    if settings.headers:
        raise ValueError(
            "`headers` means nothing to type 'claude-code': the program writes its own requests, so remove it"
        )
    _refuse_vendors(settings)
    _refuse_sections(settings, but="claude_code")
    return ClaudeCode(
        order.name,
        _claude_code_options(settings),
        api_key=settings.api_key,
        base_url=settings.base_url,
        rules=settings.rules(),
    )


def _claude_code_options(settings: ProviderSettings) -> ClaudeCodeOptions:
    own = settings.claude_code
    access = own.file_access.model_dump(exclude={"allow_on_network", "image_dirs"})
    return ClaudeCodeOptions(
        own.mode,
        own.bare,
        FileAccess(**access),
        Mcp(**own.mcp.model_dump()),
        {} if settings.proxy is None else _proxied(settings.proxy),
    )


def _proxied(proxy: Secret) -> dict[str, Secret]:
    if is_socks_for_claude_code("claude-code", proxy.reveal()):
        raise ValueError(f"`proxy`: {NO_SOCKS}: {NO_SOCKS_WAY_OUT}")
    return {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": _HERE}


def _without_vendor(settings: ProviderSettings) -> ProviderSettings:
    _refuse_vendors(settings)
    return _without_sections(settings)


def _without_sections(settings: ProviderSettings) -> ProviderSettings:
    _refuse_sections(settings)
    return settings


def _refuse_sections(settings: ProviderSettings, *, but: str | None = None) -> None:
    """Sections that are for one type alone, apart from the type's own."""
    sections = {
        "amazon_q": settings.amazon_q,
        "claude_web": settings.claude_web,
        "claude_code": settings.claude_code,
    }
    for name, section in sections.items():
        if name != but and section.model_fields_set:
            type = name.replace("_", "-")
            raise ValueError(
                f"`{name}` means nothing to type {settings.type!r}: remove it, or set `type: {type}`"
            )


def _refuse_vendors(settings: ProviderSettings) -> None:
    """A setting that would have no effect was meant to have one."""
    given = {
        "vendor": settings.vendor is not None,
        "quirks": bool(settings.quirks),
        "think_tags": settings.think_tags is not None,
    }
    for name in (name for name, is_given in given.items() if is_given):
        raise ValueError(
            f"`{name}` means nothing to type {settings.type!r}: remove it, or set `type: openai-compatible`"
        )


PROVIDERS: Final[Mapping[str, Callable[[Order], Provider]]] = {
    "openai-compatible": _openai_compatible,
    "anthropic": _anthropic,
    "amazon-q": _amazon_q,
    "claude-web": _claude_web,
    "claude-code": _claude_code,
    "dummy": _dummy,
}
