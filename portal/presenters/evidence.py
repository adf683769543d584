"""What stands behind the programme's claims, the weak evidence too, with where it was read.

The notes inform a professional. They promise nothing, and no use in PTSD or in chronic pain
is licensed: each is off label.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """`claim` is what is often said; `finding` what was found; `sources` where."""

    key: str
    claim: str
    finding: tuple[str, ...]
    sources: tuple[str, ...]


NOTES = (
    Note(
        "chronic",
        "Pain is chronic after three months",
        (
            "The portal counts three calendar months since the onset. CDC uses the same: longer "
            "than three months, or past the time of normal healing.",
        ),
        ("CDC Clinical Practice Guideline for Prescribing Opioids for Pain, 2022",),
    ),
    Note(
        "both",
        "The founding article says that up to 50 % of people with chronic pain have PTSD",
        (
            "50 % is the article's figure and near the top of what was found, not a typical one.",
            "In 21 studies together it was 9.7 % (95 % interval 5.2 to 17.1), between 0 and 57 %: "
            "11.7 % in clinics, 20.5 % with widespread pain, 11.2 % with headache, 0.3 % with "
            "back pain; 20.4 % by questionnaire and 4.5 % by structured interview.",
        ),
        ("The clinic's article on PTSD and chronic pain", "Siqveland 2017, meta-analysis"),
    ),
    Note(
        "ketamine_ptsd",
        "Ketamine for PTSD",
        (
            "VA/DoD 2023 suggests against ketamine for PTSD (weak against; quality of the "
            "evidence very low).",
            "Six trials with 221 people found a small effect, g = 0.27 (0.03 to 0.51); corrected "
            "for bias 0.20 (-0.08 to 0.48).",
            "Repeated infusions helped a mostly civilian group and not a military one. One small "
            "trial in PTSD or chronic pain (40 people) found no advantage of a single infusion.",
        ),
        (
            "VA/DoD Clinical Practice Guideline for PTSD, 2023",
            "Meta-analysis of six trials, 2024",
            "Trials of repeated and of single infusions, 2022 and 2023",
        ),
    ),
    Note(
        "ketamine_pain",
        "Ketamine for chronic pain",
        (
            "Moderate evidence for complex regional pain syndrome, for up to 12 weeks; weak and "
            "short-term for pain after spinal cord injury.",
            "Weak or none for fibromyalgia, neuropathic pain of other kinds, migraine and low "
            "back pain; outside complex regional pain syndrome none for longer benefit.",
        ),
        ("ASRA/AAPM/ASA consensus on IV ketamine for chronic pain, 2018",),
    ),
    Note(
        "first_line",
        "What comes first for PTSD",
        (
            "Individual trauma-focused psychotherapy (prolonged exposure, cognitive processing "
            "therapy, EMDR) before medicines; sertraline, paroxetine or venlafaxine where a "
            "medicine is used. The form asks what was tried, and with what result.",
        ),
        ("VA/DoD Clinical Practice Guideline for PTSD, 2023",),
    ),
    Note(
        "off_label",
        "Ketamine is licensed for anesthesia alone",
        (
            "Every use in psychiatry or for pain is off label. It is a Schedule III medicine. "
            "ASA 2025 asks for the standards of other anesthetics, within a whole plan with "
            "visits, an endpoint and a defined course.",
        ),
        ("FDA safety communication, October 2023", "ASA guidance on safe use of ketamine, 2025"),
    ),
    Note(
        "evaluation",
        "The evaluation comes first",
        (
            "A whole psychiatric assessment with attention to substances and psychosis, the "
            "severity at the start, earlier medicines, a medical review with blood pressure. "
            "The statement says itself that it is neither a standard nor a guideline.",
        ),
        ("APA consensus statement on ketamine, 2017",),
    ),
)
BY_KEY = {note.key: note for note in NOTES}
