"""Clinical reference A-12: doses in Decimal, partial rather than guessed."""

from decimal import Decimal

import pytest

from referrals.rules import mme


def opioid(drug, dose, unit="mg_day", **more):
    return {"drug": drug, "daily_dose": dose, "unit": unit, **more}


def total(*opioids):
    return mme({"substance": {"opioids": list(opioids)}})


@pytest.mark.parametrize(
    ("opioids", "expected"),
    [
        ([opioid("hydrocodone", 20)], "20"),
        ([opioid("oxycodone", 20)], "30"),
        ([opioid("fentanyl_td", 25, "mcg_hour")], "60"),
        ([opioid("tramadol", 200)], "40"),
        ([opioid("methadone", 30)], "141"),
        ([opioid("oxycodone", 40), opioid("tramadol", 100)], "80"),
        ([opioid("codeine", 100)], "15"),
        ([opioid("hydromorphone", 4)], "20"),
        ([opioid("morphine", 37.5)], "37.5"),
        ([opioid("oxymorphone", 10)], "30"),
        ([opioid("tapentadol", 100)], "40"),
        ([opioid("oxycodone", 0.1)], "0.15"),
        ([opioid("morphine", 30, route="oral")], "30"),
        ([opioid("fentanyl_td", 12, "mcg_hour", route="transdermal")], "28.8"),
    ],
)
def test_doses_times_factors(opioids, expected):
    found = total(*opioids)
    assert (found.total, found.partial) == (Decimal(expected), False)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (opioid("other", 10), "no_factor"),
        (opioid("morphine", None), "dose_missing"),
        (opioid("morphine", float("nan")), "dose_missing"),
        (opioid("morphine", 10, None), "unit"),
        (opioid("fentanyl_td", 25, "mg_day"), "unit"),
        (opioid("morphine", 10, route="intrathecal"), "route"),
        ({}, "no_factor"),
    ],
)
def test_what_cannot_be_counted_makes_the_sum_partial(odd, reason):
    found = total(opioid("morphine", 10), odd)
    assert (found.total, found.partial) == (Decimal(10), True)
    assert found.not_computed == ({"position": 1, "reason": reason},)


def test_buprenorphine_is_kept_apart():
    found = total(opioid("buprenorphine", 16), opioid("morphine", 10))
    assert (found.total, found.partial, found.excluded) == (10, False, ("buprenorphine",))


@pytest.mark.parametrize(
    ("dose", "caution", "historical"),
    [(49.9, False, False), (50, True, False), (89.9, True, False), (90, True, True)],
)
def test_the_marks_of_fifty_and_ninety(dose, caution, historical):
    found = total(opioid("morphine", dose))
    assert (found.at_caution, found.at_historical) == (caution, historical)


def test_without_opioids_there_is_no_sum():
    assert mme({}) is None
