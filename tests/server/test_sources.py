from isthmus.core.losses import Policy
from isthmus.providers.dummy import Dummy
from isthmus.server.sources import Source
from isthmus.transport.http import Http, Limits


async def test_a_source_goes_by_its_providers_name_and_repairs_by_default() -> None:
    async with Http() as http:
        source = Source(Dummy("mine"), http.channel(Limits()))
        assert source.name == "mine"
        assert source.policy is Policy.REPAIR
