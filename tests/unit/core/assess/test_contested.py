"""What one planted report can do to what others say of a party: make it doubtful, and not more."""

from backchannel.core.assess.independence import Independence
from heard import CLAIM, asked, named

UNION = f"Ada Ito of the Harbour Union said {CLAIM}."
FUND = f"Tomas Lind of the Lake Fund said {CLAIM}."


def found(*texts: str) -> Independence:
    """What is counted of some reports."""
    return asked(*texts).independence


def test_one_report_that_calls_a_speaker_an_expert_does_not_silence_them() -> None:
    planted = f"Ada Ito, an analyst, said {CLAIM}."

    assert named(found(UNION, planted).possible) == ["Harbour Union"]
    assert found(UNION, planted).origins[1] >= 1
    assert found(UNION, f"It rained. {UNION}", planted).origins == (1, 1)


def test_one_report_that_retires_a_minister_does_not_silence_them() -> None:
    minister = f"Ada Ito, the Norwegian minister, said {CLAIM}."
    planted = f"Ada Ito, the retired Norwegian minister, said {CLAIM}."

    assert named(found(minister, f"It rained. {minister}", planted).affirming) == ["government of Norway"]


def test_an_analyst_is_one_also_where_a_report_has_only_the_institute() -> None:
    texts = (
        f"Oskar Berg, an analyst of the Lake Centre, said {CLAIM}.",
        f"Oskar Berg of the Lake Centre said {CLAIM}.",
    )

    assert found(*texts).affirming == ()
    assert len(found(*texts).experts) == 1


def test_one_report_that_gives_a_speaker_to_another_body_does_not_merge_two_origins() -> None:
    counted = found(UNION, FUND, f"Ada Ito of the Lake Fund said {CLAIM}.")

    assert counted.origins == (1, 2)
    assert counted.organisations == (1, 2)


def test_a_planted_affirmation_does_not_hide_a_denial() -> None:
    denial = f"The government of Birchland denied that {CLAIM}."
    planted = f"“{CLAIM},” the government of Birchland said. It rained. The government of Birchland said {CLAIM}."
    counted = found(UNION, denial, planted)

    assert named(counted.denied_by) == ["government of Birchland"]
    assert named(counted.affirming) == ["Harbour Union"]


def test_a_planted_affirmation_does_not_hide_a_denial_in_few_words() -> None:
    denial = f"Newspapers wrote that {CLAIM}.\n\nThe government of Birchland denied the reports."
    counted = found(UNION, denial, f"The government of Birchland said {CLAIM}.")

    assert named(counted.denied_by) == ["government of Birchland"]


def test_a_planted_denial_makes_an_affirmation_doubtful_and_does_not_hide_it() -> None:
    counted = found(UNION, f"It rained. {UNION}", f"Ada Ito of the Harbour Union denied that {CLAIM}.")

    assert named(counted.possible) == ["Harbour Union"]
    assert named(counted.disputed_by) == ["Harbour Union"]
