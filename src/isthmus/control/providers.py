"""What an operator can do with providers. Those of the configuration file are shown and stay as they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from isthmus.config import ProviderSettings
from isthmus.config.fields import ProviderName
from isthmus.control.account_checks import off_reason
from isthmus.control.account_input import Name, Written, problems_of
from isthmus.control.account_views import shown_proxy
from isthmus.control.accounts import Note
from isthmus.control.clock import now_ms
from isthmus.control.failures import Conflict, FieldProblem, Invalid, NotFound, check_unchanged
from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.control.people import Person
from isthmus.control.provider_settings import (
    machine_problems,
    merged,
    settings_problems,
    shown,
    shown_configured,
    with_own_names,
    with_secrets,
)
from isthmus.core.secret import Secret
from isthmus.storage.providers import ProviderStore, StoredProvider

_NAME: Final[TypeAdapter[str]] = TypeAdapter(ProviderName)
ProviderSettingsText = Annotated[
    Mapping[str, Any],
    Field(
        max_length=100,
        description="As of a provider in the configuration file, without `type` and `api_key`.",
    ),
]


class ProviderInput(Written):
    """A new provider. Its keys are accounts, added apart."""

    name: Name = Field(description="Part of its address: letters, digits, `-`, `_` and `.`.")
    type: Annotated[str, Field(min_length=1, max_length=32)] = "openai-compatible"
    enabled: bool = True
    settings: ProviderSettingsText = Field(default={})


class ProviderPatch(Written):
    """What is left out stays as it is."""

    enabled: bool | None = None
    settings: ProviderSettingsText = Field(
        default={}, description="Settings to change; null takes one away, `***` keeps a secret as it is."
    )


@dataclass(frozen=True, slots=True)
class ProviderView:
    name: str
    type: str
    enabled: bool
    off_reason: str | None
    read_only: bool
    """Declared in the configuration file."""
    vendor: str | None
    base_url: str | None
    models: Mapping[str, str]
    proxy: str | None
    settings: Mapping[str, Any]
    """Secrets are masked."""
    accounts: Mapping[str, int]
    """State → number of its accounts."""
    created_ms: int | None = None
    updated_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ProviderService:
    providers: ProviderStore
    configured: Callable[[], Mapping[str, ProviderSettings]]
    note: Note
    count_states: Callable[[], Awaitable[Mapping[str, Mapping[str, int]]]]
    """Provider → state → number of accounts."""

    async def page(self, cursor: str | None, limit: int) -> Page[ProviderView]:
        """By name. Raises `Invalid` for a foreign cursor."""
        after = "" if cursor is None else str(read_cursor(cursor, str)[0])
        views = [each for each in await self._views() if each.name > after]
        more = len(views) > limit
        return Page(views[:limit], write_cursor(views[limit - 1].name) if more else None)

    async def get(self, name: str) -> ProviderView:
        """Raises `NotFound`."""
        for view in await self._views():
            if view.name == name:
                return view
        raise _not_found(name)

    async def create(self, person: Person, written: ProviderInput) -> ProviderView:
        """Raises `Invalid`, and `Conflict` when the name is taken."""
        _check_machine(written.name, written.settings)
        provider = self.checked(written)
        if not await self.providers.add(provider):
            raise _taken(written.name)
        await self.note(person, "provider.create", written.name, written.type)
        return await self.get(written.name)

    async def edit(
        self, person: Person, name: str, patch: ProviderPatch, *, read_ms: int | None = None
    ) -> ProviderView:
        """Raises `NotFound`, `Invalid` and `Conflict`.

        `read_ms` is when it was last changed as far as the operator knows; raises `Outdated` when it has been since.
        """
        self._refuse_configured(name)
        _check_machine(name, patch.settings)

        def apply(provider: StoredProvider) -> StoredProvider:
            check_unchanged(f"provider {name!r}", provider.updated_ms, read_ms)
            settings = merged(provider.settings, with_secrets(provider.type, patch.settings))
            return _checked(replace(provider, settings=settings, **_switched(provider, patch)))

        if await self.providers.change(name, apply) is None:
            raise _not_found(name)
        changed = sorted([*patch.settings, *(["enabled"] if patch.enabled is not None else [])])
        await self.note(person, "provider.edit", name, ", ".join(changed))
        return await self.get(name)

    async def remove(self, person: Person, name: str, *, with_accounts: bool) -> None:
        """Raises `NotFound`, and `Conflict` while there are accounts that are not to go with it."""
        self._refuse_configured(name)
        removal = await self.providers.remove(name, with_accounts=with_accounts)
        if not removal.found:
            raise _not_found(name)
        if not removal.done:
            count = f"{removal.accounts} account{'s' if removal.accounts > 1 else ''}"
            raise Conflict(f"provider {name!r} has {count}: remove them first, or say `with_accounts`")
        await self.note(person, "provider.delete", name, f"with {removal.accounts} accounts")

    def checked(self, written: ProviderInput) -> StoredProvider:
        """Raises `Invalid`, and `Conflict` when the configuration file declares the name."""
        try:
            _NAME.validate_python(written.name)
        except ValidationError as error:
            problems = [FieldProblem("name", each.message) for each in problems_of(error)]
            raise Invalid(f"provider {written.name!r}: the name is not valid", problems) from None
        if written.name in self.configured():
            raise _taken(written.name)
        settings = with_secrets(written.type, with_own_names(written.settings))
        now = now_ms()
        enabled = written.enabled and off_reason(written.type) is None
        return _checked(StoredProvider(written.name, written.type, settings, now, now, enabled))

    async def _views(self) -> list[ProviderView]:
        """A provider of the configuration file hides a stored one of its name."""
        counts, configured = await self.count_states(), self.configured()
        views = [_configured_view(name, each, counts.get(name, {})) for name, each in configured.items()]
        views += [
            _stored_view(stored, counts.get(stored.name, {}))
            for stored in await self.providers.load_all()
            if stored.name not in configured
        ]
        return sorted(views, key=lambda view: view.name)

    def _refuse_configured(self, name: str) -> None:
        if name in self.configured():
            raise Conflict(
                f"provider {name!r} is declared in the configuration file: change providers.{name} there"
            )


def _check_machine(name: str, settings: Mapping[str, Any]) -> None:
    if problems := machine_problems(settings):
        raise Invalid(f"provider {name!r} is not valid: see its fields", problems)


def _checked(provider: StoredProvider) -> StoredProvider:
    problems = settings_problems(provider.name, provider.type, provider.settings)
    if problems:
        raise Invalid(f"provider {provider.name!r} is not valid: see its fields", problems)
    return provider


def _switched(provider: StoredProvider, patch: ProviderPatch) -> dict[str, Any]:
    if patch.enabled and (reason := off_reason(provider.type)):
        raise Conflict(f"provider {provider.name!r} stays off: {reason}", [FieldProblem("enabled", reason)])
    enabled = provider.enabled if patch.enabled is None else patch.enabled
    # Two changes of one millisecond are told apart, too.
    return {"enabled": enabled, "updated_ms": max(now_ms(), provider.updated_ms + 1)}


def _configured_view(name: str, settings: ProviderSettings, accounts: Mapping[str, int]) -> ProviderView:
    return ProviderView(
        name=name,
        type=settings.type,
        enabled=True,
        off_reason=None,
        read_only=True,
        vendor=settings.vendor,
        base_url=settings.base_url,
        models=settings.models,
        proxy=shown_proxy(settings.proxy) if settings.proxy else None,
        settings=shown_configured(settings),
        accounts=accounts,
    )


def _stored_view(stored: StoredProvider, accounts: Mapping[str, int]) -> ProviderView:
    settings = stored.settings
    proxy = settings.get("proxy")
    return ProviderView(
        name=stored.name,
        type=stored.type,
        enabled=stored.enabled,
        off_reason=off_reason(stored.type),
        read_only=False,
        vendor=_text(settings.get("vendor")),
        base_url=_text(settings.get("base_url")),
        models=_models(settings.get("models")),
        proxy=shown_proxy(proxy) if isinstance(proxy, Secret) and proxy else None,
        settings=shown(settings),
        accounts=accounts,
        created_ms=stored.created_ms,
        updated_ms=stored.updated_ms,
    )


def _text(value: object) -> str | None:
    """Settings of types that this version does not know may hold anything."""
    return value if isinstance(value, str) else None


def _models(value: object) -> dict[str, str]:
    match value:
        case Mapping():
            return {str(name): str(target) for name, target in value.items()}
        case list() | tuple():
            return {str(each): str(each) for each in value}
        case _:
            return {}


def _not_found(name: str) -> NotFound:
    return NotFound(f"no provider {name!r}: the list of providers has the names that exist")


def _taken(name: str) -> Conflict:
    problem = FieldProblem("name", "is taken")
    return Conflict(f"there is a provider {name!r} already: choose another name", [problem])
