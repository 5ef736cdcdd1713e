from isthmus.simulators.claude_web.quota import LENGTH_S, Quota, limit_object

NOW = 1_790_000_000
OPUS, SONNET = "claude-opus-4-8", "claude-sonnet-5"


def test_a_window_opens_with_its_first_message_and_ends_by_the_clock() -> None:
    quota = Quota.of({"5h": 4})
    assert quota.usage(NOW)["five_hour"] is None
    quota.charge(NOW, SONNET)
    quota.charge(NOW + 100, SONNET)
    assert quota.limit(NOW + 200, SONNET)["windows"]["5h"] == {
        "status": "within_limit",
        "resets_at": NOW + LENGTH_S["5h"],
        "utilization": 0.5,
    }
    assert quota.limit(NOW + LENGTH_S["5h"], SONNET)["windows"] == {}


def test_the_limit_is_announced_then_reached_with_the_true_time() -> None:
    quota = Quota.of({"5h": 10})
    for _ in range(9):
        quota.charge(NOW, SONNET)
    near = quota.limit(NOW, SONNET)
    assert (near["type"], near["remaining"], near["resetsAt"]) == ("approaching_limit", 1, NOW + 18000)
    assert near["windows"]["5h"]["surpassed_threshold"] == 0.9
    assert quota.exceeded(NOW, SONNET) is None
    quota.charge(NOW, SONNET)
    full = quota.limit(NOW, SONNET)
    assert (full["type"], full["remaining"], full["resetsAt"]) == ("exceeded_limit", None, NOW + 18000)
    assert full["perModelLimit"] is False and full["representativeClaim"] == "five_hour"
    assert quota.exceeded(NOW + 18000, SONNET) is None


def test_a_family_has_a_window_of_its_own() -> None:
    quota = Quota.of({"5h": 100, "7d_opus": 2})
    quota.charge(NOW, SONNET)
    quota.charge(NOW, OPUS, 2)
    assert quota.exceeded(NOW, SONNET) is None
    limit = quota.limit(NOW, OPUS)
    assert limit["perModelLimit"] is True and limit["representativeClaim"] == "seven_day_opus"
    assert quota.usage(NOW)["limits"][0]["percent"] == 100.0
    assert quota.usage(NOW)["seven_day_opus"]["utilization"] == 100.0


def test_of_two_full_windows_the_later_end_is_told() -> None:
    quota = Quota.of({"5h": 1, "7d": 1})
    quota.charge(NOW, SONNET)
    assert quota.limit(NOW, SONNET)["resetsAt"] == NOW + LENGTH_S["7d"]


def test_a_window_can_be_used_up_at_once() -> None:
    quota = Quota.of({"5h": 40})
    quota.use_up(NOW, "5h", 0.95)
    assert quota.limit(NOW, SONNET)["type"] == "approaching_limit"
    quota.use_up(NOW, "5h")
    assert quota.usage(NOW)["five_hour"]["utilization"] == 100.0


def test_a_limit_object_has_all_its_members() -> None:
    assert limit_object("within_limit", [], None) == {
        "type": "within_limit",
        "resetsAt": None,
        "remaining": None,
        "perModelLimit": None,
        "representativeClaim": "five_hour",
        "overageDisabledReason": "overage_not_provisioned",
        "overageInUse": False,
        "windows": {},
    }
