from isthmus.simulators.claude_web.clock import Clock, http_date, stored, streamed


def test_a_standing_clock_moves_when_it_is_told_to() -> None:
    clock = Clock.standing(1000)
    assert clock.now_s() == 1000
    clock.advance(60)
    assert clock.now_s() == 1060
    clock.set(5000)
    assert clock.now_s() == 5000


def test_a_moved_clock_still_runs_with_its_source() -> None:
    source = [10.0]
    clock = Clock(lambda: source[0])
    clock.advance(100)
    source[0] = 12.0
    assert clock.now_s() == 112.0


def test_times_are_written_as_the_service_writes_them() -> None:
    assert stored(1_790_000_000) == "2026-09-21T14:13:20.000000+00:00"
    assert streamed(1_790_000_000.5) == "2026-09-21T14:13:20.500000Z"
    assert http_date(1_790_000_000) == "Mon, 21 Sep 2026 14:13:20 GMT"
