from isthmus.core.losses import Policy
from isthmus.providers.dummy import Dummy
from isthmus.server.sources import MAX_KNOWN, Source
from isthmus.transport.http import Http, Limits


async def test_a_source_goes_by_its_providers_name_and_repairs_by_default() -> None:
    async with Http() as http:
        source = Source(Dummy("mine"), http.channel(Limits()))
        assert source.name == "mine"
        assert source.policy is Policy.REPAIR


async def test_records_are_remembered_and_their_number_is_bounded() -> None:
    async with Http() as http:
        source = Source(Dummy("mine"), http.channel(Limits()))
        assert source.abilities("m") is source.abilities("m")
        for number in range(MAX_KNOWN + 5):
            source.abilities(f"m{number}")
        assert len(source._known) <= MAX_KNOWN
