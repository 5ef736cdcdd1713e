from __future__ import annotations

from isthmus.providers.dummy import Dummy
from isthmus.routing.directory import Directory
from isthmus.routing.model_map import ModelMap
from isthmus.server.offer import Offer
from isthmus.server.reply import Pace
from isthmus.server.sources import Source
from isthmus.server.suppliers import alone
from isthmus.shaping.compression import Method, Plan
from isthmus.transport.http import Http, Limits

DIRECTORY = Directory({"dummy": ModelMap()}, {}, "dummy")


async def test_its_list_is_of_the_models_that_are_offered() -> None:
    async with Http() as http:
        offer = Offer.of({"dummy": alone(Source(Dummy(), http.channel(Limits())))}, DIRECTORY)
        listed = await offer.models.of(None, for_discovery=False)
        assert {"dummy-echo", "dummy-text"} <= {info.id for info in listed}


def test_without_more_it_keeps_the_usual_pace_and_shortens_nothing() -> None:
    offer = Offer.of({}, DIRECTORY)
    assert (offer.pace, offer.plans) == (Pace(), {})
    plans = {"dummy": Plan(Method.CLIP)}
    assert Offer.of({}, DIRECTORY, plans=plans).plans == plans
