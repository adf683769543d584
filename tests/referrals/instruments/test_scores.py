"""Clinical reference 10.1: each cut point, both sides of it, and each refusal."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.instruments import INSTRUMENTS, Cuts, ScoringError, change, score

PCL_CLUSTERS_ONLY = [2, *[0] * 4, 2, 0, 2, 2, *[0] * 5, 2, 2, *[0] * 4]
PCL_TOTAL_ONLY = [4, 4, 4, 4, 4, 0, 0, 4, 4, 4, 4, *[0] * 9]
X = None


def result(name, items=None, **parts):
    return score({"instrument": name, "items": items, **parts})


@pytest.mark.parametrize(
    ("name", "total", "band"),
    [
        *[("phq-9", t, b) for t, b in [
            (0, "minimal"), (4, "minimal"), (5, "mild"), (9, "mild"), (10, "moderate"),
            (14, "moderate"), (15, "moderately_severe"), (19, "moderately_severe"),
            (20, "severe"), (27, "severe"),
        ]],
        *[("gad-7", t, b) for t, b in [
            (4, "minimal"), (5, "mild"), (9, "mild"), (10, "moderate"), (14, "moderate"),
            (15, "severe"), (21, "severe"),
        ]],
        *[("isi", t, b) for t, b in [
            (0, "none"), (7, "none"), (8, "subthreshold"), (14, "subthreshold"),
            (15, "moderate"), (21, "moderate"), (22, "severe"), (28, "severe"),
        ]],
        *[("dast-10", t, b) for t, b in [
            (0, "none"), (1, "low"), (2, "low"), (3, "moderate"), (5, "moderate"),
            (6, "substantial"), (8, "substantial"), (9, "severe"), (10, "severe"),
        ]],
        *[("ort", t, b) for t, b in [
            (0, "low"), (3, "low"), (4, "moderate"), (7, "moderate"), (8, "high"), (26, "high"),
        ]],
        *[("ort-oud", t, b) for t, b in [(2, "low"), (3, "high"), (9, "high")]],
        *[("nrs", t, b) for t, b in [
            (0, "none"), (1, "mild"), (3, "mild"), (4, "moderate"), (6, "moderate"),
            (7, "severe"), (10, "severe"),
        ]],
        ("pcl-5", 80, None),
        ("audit-c", 12, None),
    ],
)  # fmt: skip
def test_a_total_has_its_band(name, total, band):
    found = result(name, total=total)
    assert (found.score, found.band, found.complete) == (total, band, True)


@pytest.mark.parametrize(
    ("name", "beyond"),
    [("phq-9", 28), ("gad-7", 22), ("isi", 29), ("dast-10", 11), ("ort", 27), ("ort-oud", 10),
     ("nrs", 11), ("pcl-5", 81), ("audit-c", 13)],
)  # fmt: skip
@pytest.mark.parametrize("wrong", [-1, "beyond", 1.5, True, "7"])
def test_a_total_out_of_range_is_refused_never_clamped(name, beyond, wrong):
    with pytest.raises(ScoringError) as refused:
        result(name, total=beyond if wrong == "beyond" else wrong)
    assert (refused.value.pointer, refused.value.code) == ("/total", "out_of_range")


@pytest.mark.parametrize(
    ("name", "below", "at"),
    [("phq-9", 9, 10), ("gad-7", 9, 10), ("pcl-5", 32, 33), ("dast-10", 2, 3), ("ort-oud", 2, 3)],
)
def test_positive_begins_at_the_cut(name, below, at):
    assert result(name, total=below).positive is False
    assert result(name, total=at).positive is True


@pytest.mark.parametrize(
    ("items", "total", "positive"),
    [
        ([0, X, X, X, X, X], 0, False),
        ([1, 0, 0, 0, 0, 0], 0, False),
        ([1, 1, 1, 1, 0, 0], 3, False),
        ([1, 1, 1, 1, 1, 0], 4, True),
        ([1, 1, 1, 1, 1, 1], 5, True),
        ([1, 1, 1, 1, 1, X], X, X),
        ([X, 1, 1, 1, 1, 1], X, X),
    ],
)
def test_pc_ptsd_5(items, total, positive):
    found = result("pc-ptsd-5", items)
    assert (found.score, found.positive, found.complete) == (total, positive, total is not None)


def test_pc_ptsd_5_total_three_meets_the_lower_cut_and_a_clinic_may_choose_it():
    three = {"instrument": "pc-ptsd-5", "items": [1, 1, 1, 1, 0, 0]}
    assert score(three).extra["notes"] == ["meets the lower (more sensitive) cut"]
    assert score(three, cuts=Cuts(pc_ptsd_5=3)).positive is True
    with pytest.raises(ValueError, match="PC-PTSD-5"):
        Cuts(pc_ptsd_5=2)


@pytest.mark.parametrize("answer", [0, 1])
def test_pc_ptsd_5_items_stay_blank_without_exposure(answer):
    with pytest.raises(ScoringError) as refused:
        result("pc-ptsd-5", [0, X, answer, X, X, X])
    assert (refused.value.pointer, refused.value.code) == ("/items/2", "gate")


@pytest.mark.parametrize(
    ("total", "status"),
    [(30, "below"), (31, "in_window"), (32, "in_window"), (33, "at_or_above")],
)
def test_pcl_5_window(total, status):
    assert result("pcl-5", total=total).extra["cut_status"] == status


def test_pcl_5_total_and_cluster_rule_may_disagree():
    by_cluster, by_total = result("pcl-5", PCL_CLUSTERS_ONLY), result("pcl-5", PCL_TOTAL_ONLY)
    assert (by_cluster.score, by_cluster.extra["cluster_rule"]) == (12, True)
    assert (by_total.score, by_total.extra["cluster_rule"]) == (36, False)
    assert by_cluster.band is by_total.band is None


@pytest.mark.parametrize("item", [0, 5, 7, 8, 14, 15])
def test_pcl_5_cluster_rule_needs_each_of_its_items(item):
    items = list(PCL_CLUSTERS_ONLY)
    items[item] = 1
    assert result("pcl-5", items).extra["cluster_rule"] is False


def test_pcl_5_clusters_are_b_c_d_e():
    assert result("pcl-5", [4] * 20).subscales == {"B": 20, "C": 8, "D": 28, "E": 24}
    ends = [1, *[0] * 3, 1, 1, 1, 1, *[0] * 5, 1, 1, *[0] * 4, 1]
    assert result("pcl-5", ends).subscales == {"B": 2, "C": 2, "D": 2, "E": 2}


@pytest.mark.parametrize(
    ("items", "mean"),
    [([7, 7, 7], "7.00"), ([7, 7, 6], "6.67"), ([3, 3, 4], "3.33"), ([10] * 3, "10.00"),
     ([0] * 3, "0.00")],
)  # fmt: skip
def test_peg_is_the_mean_to_two_places(items, mean):
    found = result("peg", items)
    assert (found.score, found.summed) == (Decimal(mean), sum(items))


@pytest.mark.parametrize(
    ("name", "base", "now", "meaningful"),
    [
        ("peg", "7.0", "4.9", True), ("peg", "7.0", "4.91", False), ("peg", "0", "3", None),
        ("phq-9", 15, 10, True), ("phq-9", 15, 11, False),
        ("pcl-5", 40, 30, True), ("pcl-5", 40, 31, False), ("isi", 20, 14, True),
        ("isi", 20, 15, False), ("gad-7", 14, 10, True), ("gad-7", 14, 11, False),
        ("nrs", 8, 6, True), ("nrs", 5, 4, False), ("nrs", 3, 2, True), ("nrs", 0, 1, False),
        ("dast-10", 5, 1, None),
    ],
)  # fmt: skip
def test_change_that_matters(name, base, now, meaningful):
    assert change(name, Decimal(base), Decimal(now)).meaningful is meaningful


def test_change_takes_no_float():
    with pytest.raises(TypeError):
        change("peg", 7.0, 4.9)


def test_change_of_peg_is_exactly_thirty_percent():
    assert change("peg", Decimal("7.0"), Decimal("4.9")).percent == 30


@pytest.mark.parametrize(
    ("items", "level", "complete"),
    [
        ([0, 0, X, X, X, 0, X], "none", True), ([0, 0, 0, 0, 0, 0, 0], "none", True),
        ([1, 0, X, X, X, 0, X], "low", True), ([0, 1, 0, 0, 0, 0, X], "low", True),
        ([0, 1, 1, 0, 0, 0, X], "moderate", True), ([0, 0, X, X, X, 1, 0], "moderate", True),
        ([0, 1, 0, 1, 0, 0, X], "high", True), ([0, 1, 0, 0, 1, 0, X], "high", True),
        ([0, 0, X, X, X, 1, 1], "high", True), ([1, 1, 1, 0, 0, 1, 1], "high", True),
        ([0, 0, X, X, X, 1, X], "high", False), ([X, X, X, 1, X, X, X], "high", False),
        ([1, X, X, X, X, X, X], "low", False), ([0, 0, X, X, X, X, X], X, False),
        ([X, 0, X, X, X, 0, X], X, False),
        ([0, 0, X, X, X, X, 1], "high", False), ([X, X, X, X, X, X, 1], "high", False),
        ([1, 1, 1, 0, 0, X, 1], "high", False), ([0, 0, X, X, X, X, 0], X, False),
    ],
)  # fmt: skip
def test_c_ssrs_level(items, level, complete):
    found = result("c-ssrs", items)
    assert (found.band, found.complete, found.score) == (level, complete, None)


@pytest.mark.parametrize(
    ("items", "pointer"),
    [
        ([0, 1, X, 0, 0, 0, X], "/items/2"), ([0, 1, 0, X, 0, 0, X], "/items/3"),
        ([0, 1, 0, 0, X, 0, X], "/items/4"), ([0, 0, X, 1, X, 0, X], "/items/3"),
        ([0, 0, X, X, X, 0, 1], "/items/6"),
    ],
)  # fmt: skip
def test_c_ssrs_refuses_contradictions(items, pointer):
    with pytest.raises(ScoringError) as refused:
        result("c-ssrs", items)
    assert refused.value.pointer == pointer


def test_c_ssrs_level_alone_is_enough_and_must_agree_with_items():
    assert result("c-ssrs", level="moderate").band == "moderate"
    with pytest.raises(ScoringError):
        result("c-ssrs", [0, 0, X, X, X, 0, X], level="high")
    with pytest.raises(ScoringError):
        result("c-ssrs", level="severe")


def test_phq_9_item_9_stands_even_where_the_total_does_not():
    blank = result("phq-9", [1, X, 1, 1, 1, 1, 1, 1, 2])
    assert (blank.score, blank.complete, blank.extra["item9"]) == (None, False, 2)
    alone = result("phq-9", item9=1)
    assert (alone.score, alone.complete, alone.extra["item9"]) == (None, False, 1)
    both = result("phq-9", total=12, item9=3)
    assert (both.score, both.extra["item9"]) == (12, 3)


@pytest.mark.parametrize(("total", "item9"), [(2, 3), (25, 0), (27, 2)])
def test_phq_9_total_must_fit_item_9(total, item9):
    with pytest.raises(ScoringError, match="does not fit"):
        result("phq-9", total=total, item9=item9)


@pytest.mark.parametrize(
    ("total", "sex", "positive"),
    [(3, "male", False), (4, "male", True), (2, "female", False), (3, "female", True),
     (3, "other", True), (3, "unknown", True), (3, None, True), (2, None, False)],
)  # fmt: skip
def test_audit_c_cut_by_sex(total, sex, positive):
    entry = {"instrument": "audit-c", "total": total}
    assert score(entry, sex=sex).positive is positive


def test_audit_c_notes_points_from_item_1_alone():
    assert result("audit-c", [4, 0, 0]).extra["item1_only"] is True
    assert result("audit-c", [4, 1, 0]).extra["item1_only"] is False
    assert result("audit-c", [0, 0, 0]).extra["item1_only"] is False


@pytest.mark.parametrize(
    ("name", "parts"),
    [("isi", {"items": [1] * 7}), ("ort", {"items": [1] * 10}), ("ort-oud", {"items": [1] * 9}),
     ("dast-10", {"items": [1] * 10}), ("peg", {"total": 7}), ("pc-ptsd-5", {"total": 4}),
     ("c-ssrs", {"total": 4}), ("gad-7", {"item9": 1}), ("phq-9", {"level": "low"})],
)  # fmt: skip
def test_what_may_not_be_kept_is_refused(name, parts):
    with pytest.raises(ScoringError) as refused:
        score({"instrument": name, **parts})
    assert refused.value.code == "not_accepted"


def test_items_and_total_must_agree():
    with pytest.raises(ScoringError, match="differs"):
        result("gad-7", [1] * 7, total=8)
    assert result("gad-7", [1] * 7, total=7).score == 7


def test_an_unknown_instrument_is_refused():
    for name in ("phq9", None, 3):
        with pytest.raises(ScoringError):
            score({"instrument": name})


WITH_ITEMS = [i for i in INSTRUMENTS.values() if "items" in i.accepts]
scored_by_items = st.sampled_from(WITH_ITEMS)


@given(scored_by_items, st.data())
def test_a_wrong_count_is_refused(instrument, data):
    count = data.draw(st.integers(0, 25).filter(lambda n: n != len(instrument.topics)))
    with pytest.raises(ScoringError):
        result(instrument.name, [0] * count)


@given(scored_by_items, st.data())
def test_an_item_out_of_range_is_refused(instrument, data):
    low, high = instrument.item_range
    wrong = data.draw(st.one_of(
        st.integers(max_value=low - 1), st.integers(min_value=high + 1), st.floats(),
        st.booleans(), st.text(max_size=2),
    ))  # fmt: skip
    items = [low] * len(instrument.topics)
    items[data.draw(st.integers(0, len(items) - 1))] = wrong
    with pytest.raises(ScoringError):
        result(instrument.name, items)


@given(st.sampled_from([i for i in WITH_ITEMS if i.name not in ("c-ssrs", "pc-ptsd-5", "nrs")]),
       st.data())  # fmt: skip
def test_the_score_is_the_sum_and_any_blank_leaves_none(instrument, data):
    answer = st.integers(*instrument.item_range)
    size = len(instrument.topics)
    items = data.draw(st.lists(answer, min_size=size, max_size=size))
    found = result(instrument.name, items).score
    whole = sum(items)
    expected = (Decimal(whole) / 3).quantize(Decimal("0.01")) if size == 3 else whole
    assert found == (expected if instrument.name == "peg" else whole)
    items[data.draw(st.integers(0, size - 1))] = None
    blank = result(instrument.name, items)
    assert (blank.score, blank.complete, blank.band) == (None, False, None)
