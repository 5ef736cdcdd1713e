from isthmus.core.losses import Action, Loss, merge


def test_a_loss_reads_as_field_and_action() -> None:
    assert str(Loss("seed", Action.DROPPED)) == "seed=dropped"
    assert str(Loss("max_tokens", Action.CLAMPED, "128000→8192")) == "max_tokens=clamped(128000→8192)"


def test_losses_are_noted_once_in_their_order() -> None:
    a, b = Loss("a", Action.DROPPED), Loss("b", Action.DROPPED)
    assert merge([b, a, b, a]) == (b, a)
