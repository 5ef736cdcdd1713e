"""`/v2/provider-types`: what a form for a provider, or for one of its accounts, is made of."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from isthmus.admin.asking import Asker
from isthmus.admin.logins import MethodAnswer
from isthmus.control.provider_types import AccountKindInfo, ProviderType, TypeSetting, provider_types


class FormView(BaseModel):
    """How a form asks for a value."""

    kind: str = Field(
        description="`bool`, `int`, `float`, `duration`, `text`, `enum`, `list`, `map`, `secret` or `any`."
    )
    choices: list[str] | None = Field(description="With `enum`.")
    minimum: float | None
    maximum: float | None
    unit: str | None = Field(description="Such as `s`, `min`, `days`, `MiB`, `tokens`.")
    secret: bool = Field(description="Whether it is or holds a secret.")
    optional: bool = Field(description="Whether it may be unset.")


class AccountFieldView(BaseModel):
    name: str = Field(description="Dotted, as in the body of `POST /v2/accounts`.")
    title: str
    required: bool
    secret: bool


class AccountKindView(BaseModel):
    kind: str
    title: str
    renewable: bool = Field(description="Its access ends and is renewed by the gateway.")
    fields: list[AccountFieldView]

    @classmethod
    def of(cls, kind: AccountKindInfo) -> AccountKindView:
        fields = [
            AccountFieldView(name=each.name, title=each.title, required=each.required, secret=each.secret)
            for each in kind.fields
        ]
        return cls(kind=kind.kind, title=kind.title, renewable=kind.renewable, fields=fields)


class TypeSettingView(FormView):
    model_config = ConfigDict(populate_by_name=True)

    name: str = Field(description="Dotted, below `settings` of a provider.")
    default: Any
    value_schema: dict[str, Any] = Field(alias="schema", description="JSON schema of the value.")
    description: str

    @classmethod
    def of(cls, setting: TypeSetting) -> TypeSettingView:
        form = {name: getattr(setting.form, name) for name in FormView.model_fields}
        return cls(
            **form,
            name=setting.name,
            default=setting.default,
            value_schema=dict(setting.schema),
            description=setting.description,
        )


class ProviderTypeView(BaseModel):
    type: str
    title: str
    description: str
    documentation: str
    base_url: str = Field(description="`needed` (unless a vendor is named), `optional` or `none`.")
    vendors: list[str] = Field(description="Names that `settings.vendor` may have.")
    signs_in: bool = Field(description="Whether its accounts can sign in here (`/v2/logins`).")
    login_methods: list[MethodAnswer]
    account_kinds: list[AccountKindView]
    settings: list[TypeSettingView]

    @classmethod
    def of(cls, type: ProviderType) -> ProviderTypeView:
        return cls(
            type=type.type,
            title=type.texts.title,
            description=type.texts.description,
            documentation=type.texts.documentation,
            base_url=type.base_url,
            vendors=list(type.vendors),
            signs_in=bool(type.methods),
            login_methods=[MethodAnswer.of(each) for each in type.methods],
            account_kinds=[AccountKindView.of(each) for each in type.kinds],
            settings=[TypeSettingView.of(each) for each in type.settings],
        )


class ProviderTypeViews(BaseModel):
    items: list[ProviderTypeView]


def router() -> APIRouter:
    routes = APIRouter(tags=["providers"])

    @routes.get("/provider-types")
    async def list_provider_types(_: Asker) -> ProviderTypeViews:
        """Every type there is, with what its settings and its accounts take."""
        return ProviderTypeViews(items=[ProviderTypeView.of(each) for each in provider_types()])

    return routes
