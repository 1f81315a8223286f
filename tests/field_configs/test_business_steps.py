"""The table of business steps: every name is the standard's, or ours with a reason."""

from __future__ import annotations

import pytest

from field_configs.business_steps import OWN, business_steps, step_named, step_of
from field_configs.check_words import missing_words
from field_configs.words import Words
from models.exchange.epcis.vocabulary import BIZ_STEPS


def test_a_step_is_cbvs_or_ours_with_a_reason() -> None:
    for each in business_steps().values():
        assert each.step in BIZ_STEPS or (each.step.startswith(OWN) and each.why), each
        if each.step == each.id:
            assert not each.why, f"{each.id}: CBV has it, what is there to explain?"
        else:
            assert each.why, f"{each.id}: say why it is called {each.step}"


def test_every_step_has_words_in_both_languages() -> None:
    assert missing_words([f"business_step.{id_}" for id_ in business_steps()]) == []
    assert Words.load("zh_CN").text("business_step.harvesting") == "采收"


def test_steps_are_found_by_either_name() -> None:
    assert step_of("harvesting") == "commissioning"
    assert step_named("inspecting") == "testing"
    assert step_named("commissioning") == "harvesting"
    assert step_named("urn:nongqing:bizstep:recalling") == "recalling"
    assert step_named("void_shipping") is None
    with pytest.raises(KeyError):
        step_of("digging")
