"""New logins find their provider, or make it."""

from __future__ import annotations

import pytest

from desk import ANNA, Desk, set_up
from isthmus.control.failures import Conflict, Invalid
from isthmus.control.provider_choice import Choice, choose_provider, make_sure
from isthmus.control.providers import ProviderInput
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault


@pytest.fixture
def desk(sqlite: Database, vault: Vault) -> Desk:
    return set_up(sqlite, vault)


async def test_the_first_login_makes_its_provider(desk: Desk) -> None:
    for wanted in (None, "amazon-q"):
        choice = await choose_provider(desk.providers, "amazon-q", wanted)
        assert choice == Choice("amazon-q", "amazon-q", exists=False)
    await make_sure(desk.providers, ANNA, choice)
    assert (await desk.providers.get("amazon-q")).type == "amazon-q"
    # Another command was faster.
    await make_sure(desk.providers, ANNA, choice)
    again = await choose_provider(desk.providers, "amazon-q")
    assert again == Choice("amazon-q", "amazon-q", exists=True)
    await make_sure(desk.providers, ANNA, again)
    assert [action for action, _, _ in desk.notes] == ["provider.create"]


async def test_one_of_several_must_be_named(desk: Desk) -> None:
    for name in ("east", "west"):
        await desk.providers.create(ANNA, ProviderInput(name=name, type="amazon-q"))
    assert (await choose_provider(desk.providers, "amazon-q", "west")).name == "west"
    with pytest.raises(Invalid, match="name one of east, west"):
        await choose_provider(desk.providers, "amazon-q")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("openai", "it is of type 'openai-compatible'"), ("nobody", "there is no such provider")],
)
async def test_a_name_that_does_not_fit_is_refused(desk: Desk, wanted: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        await choose_provider(desk.providers, "amazon-q", wanted)
    assert refused.value.fields[0].field == "provider"


async def test_a_name_that_another_type_has_is_not_taken(desk: Desk) -> None:
    await desk.providers.create(ANNA, ProviderInput(name="amazon-q", type="dummy"))
    with pytest.raises(Conflict, match="is of type 'dummy': make one of type 'amazon-q' by another name"):
        await choose_provider(desk.providers, "amazon-q")
    with pytest.raises(Invalid, match="is of type 'dummy'"):
        await make_sure(desk.providers, ANNA, Choice("amazon-q", "amazon-q", exists=False))
