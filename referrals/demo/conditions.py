"""Pictures of the two conditions, as a referrer would put them. No trauma is told of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pain:
    """`codes` are ICD-10-CM; `tried` are (class, name, dose, how long, result)."""

    words: str
    codes: tuple[str, ...]
    sites: tuple[str, ...]
    mechanism: str
    tried: tuple[tuple[str, str, str, str, str], ...]
    imaging: str = ""
    procedures: str = ""


PAINS: tuple[Pain, ...] = (
    Pain("low back pain with radiculopathy", ("M54.16",), ("low back", "left leg"), "neuropathic",
         (("anticonvulsant", "Gabapentin", "900 mg a day", "8 months", "limited"),
          ("physical_therapy", "Physical therapy", "twice a week", "12 weeks", "limited"),
          ("injection", "Epidural steroid injection", "two", "1 year ago", "limited")),
         "Lumbar MRI: foraminal narrowing at L4-L5, no surgical lesion."),
    Pain("fibromyalgia", ("M79.7",), ("neck", "shoulders", "hips"), "nociplastic",
         (("antidepressant", "Duloxetine", "60 mg", "10 months", "limited"),
          ("physical_therapy", "Warm-water exercise", "weekly", "5 months", "good"),
          ("anticonvulsant", "Pregabalin", "150 mg", "3 months", "not_tolerated"))),
    Pain("complex regional pain syndrome of the right arm", ("G90.511",), ("right hand",
         "right forearm"), "neuropathic",
         (("anticonvulsant", "Gabapentin", "1,800 mg a day", "1 year", "limited"),
          ("injection", "Stellate ganglion block", "three", "6 months ago", "limited"),
          ("physical_therapy", "Graded motor imagery", "weekly", "4 months", "ongoing")),
         procedures="Fixation of a wrist fracture before the pain began."),
    Pain("chronic migraine", ("G43.709",), ("head",), "unsure",
         (("anticonvulsant", "Topiramate", "100 mg", "6 months", "not_tolerated"),
          ("injection", "OnabotulinumtoxinA", "every 12 weeks", "1 year", "limited"),
          ("nsaid", "Naproxen", "as needed", "years", "limited"))),
    Pain("chronic pain after an injury", ("G89.21",), ("right shoulder", "ribs"), "nociceptive",
         (("nsaid", "Meloxicam", "15 mg", "1 year", "limited"),
          ("physical_therapy", "Physical therapy", "weekly", "16 weeks", "limited"))),
    Pain("chronic pain syndrome", ("G89.4",), ("low back", "knees", "hands"), "unsure",
         (("antidepressant", "Amitriptyline", "25 mg", "7 months", "limited"),
          ("psychological", "Pain coping skills group", "weekly", "10 weeks", "good"))),
    Pain("pain after back surgery", ("M96.1", "G89.28"), ("low back", "both legs"), "neuropathic",
         (("surgery", "Lumbar fusion", "once", "3 years ago", "none"),
          ("neuromodulation", "Spinal cord stimulator trial", "one week", "last year", "limited"),
          ("anticonvulsant", "Pregabalin", "300 mg", "9 months", "limited")),
         "Hardware in place, no loosening."),
    Pain("diabetic neuropathy of both feet", ("E11.42",), ("both feet",), "neuropathic",
         (("antidepressant", "Duloxetine", "60 mg", "1 year", "limited"),
          ("topical", "Capsaicin 8% patch", "every 3 months", "9 months", "limited"))),
    Pain("chronic neck pain", ("M54.2",), ("neck", "upper back"), "nociceptive",
         (("muscle_relaxant", "Tizanidine", "4 mg at night", "5 months", "limited"),
          ("complementary", "Acupuncture", "weekly", "3 months", "good"))),
    Pain("nerve pain after shingles", ("B02.29",), ("left chest wall",), "neuropathic",
         (("topical", "Lidocaine 5% patch", "12 hours a day", "1 year", "limited"),
          ("anticonvulsant", "Gabapentin", "1,200 mg a day", "1 year", "limited"))),
    Pain("phantom limb pain", ("G54.6",), ("left leg",), "neuropathic",
         (("psychological", "Mirror therapy", "daily at home", "4 months", "limited"),
          ("anticonvulsant", "Gabapentin", "1,800 mg a day", "14 months", "limited"))),
    Pain("low back pain without radiation", ("M54.59",), ("low back",), "nociceptive",
         (("nsaid", "Ibuprofen", "600 mg three times a day", "6 months", "limited"),
          ("physical_therapy", "Physical therapy", "twice a week", "8 weeks", "limited"))),
    Pain("chronic pelvic pain", ("R10.20",), ("pelvis",), "nociplastic",
         (("physical_therapy", "Pelvic floor therapy", "weekly", "4 months", "limited"),
          ("antidepressant", "Nortriptyline", "25 mg", "6 months", "limited"))),
    Pain("tension-type headache that is there on most days", ("G44.229",), ("head", "neck"),
         "nociplastic",
         (("antidepressant", "Amitriptyline", "30 mg", "1 year", "limited"),
          ("complementary", "Biofeedback", "weekly", "2 months", "good"))),
)  # fmt: skip

FUNCTION = (
    "Has cut working hours by half; sits no longer than 30 minutes.",
    "Cannot lift at work and was moved to light duty. Cooks in short turns.",
    "Stopped driving longer ways. Needs help with shopping and laundry.",
    "Off work for four months. Walks to the end of the street and back.",
    "Manages the day with rests; sleeps in a chair on bad nights.",
    "Still works, and has nothing left in the evening for family.",
    "Gave up coaching; stairs only with the rail.",
)
GOALS = (
    "I want to get through a work day and still talk to my kids at night.",
    "To sleep four hours in a row.",
    "To go to the grocery store when it is busy.",
    "I would like to garden again, even from a chair.",
    "One plan. I am tired of telling everything twice.",
    "To walk my daughter to school.",
    "To need less medicine and be less afraid of a bad day.",
    "To sit through a movie with my partner.",
    "To get back to choir practice.",
)
LIFESTYLE = (
    "Open to gentle movement; water is easiest. Curious about mindfulness in small doses.",
    "Prefers walking outdoors. Closed rooms are hard, so groups need a seat near the door.",
    "Has a home exercise sheet and does it on most days. Would like help with regular meals.",
    "Tried yoga and felt worse lying still; seated exercises were better.",
    "Interested in nutrition advice; shift work makes meals irregular.",
)
DAYS_BREAK = (
    "Pain and sleep drive each other: a bad night makes the pain worse, and the pain brings "
    "the memories back.",
    "Treated for each condition in a different place, with plans that do not match.",
    "Pain treatment stalls whenever the trauma symptoms flare, and therapy stalls on bad days.",
    "Each specialist has sent the patient on to the other; nobody holds the whole picture.",
    "The patient is worn out by treatment that looks at one half at a time.",
)
ASKS = (
    "I would like an evaluation of both together and one plan that we all follow.",
    "Please evaluate both conditions and tell me what I can do from my side meanwhile.",
    "I hope that the evaluation shows in which order to work, and who does what.",
    "Please look at whether an integrated program fits, and what should come first.",
    "I stay involved and would be glad of one shared plan.",
)
FASTER = (
    "Long waiting times and worsening sleep; function is slipping month by month.",
    "At risk of losing the job within the season.",
    "Usual treatment over two years has brought little.",
)
# (therapy, name, sessions, result, ongoing)
THERAPIES = (
    (("cpt", "", 12, "limited", "no"),),
    (("emdr", "", 8, "good", "yes"),),
    (("pe", "", 5, "not_tolerated", "no"), ("other", "Supportive therapy", 20, "good", "yes")),
    (("cpt", "", 6, "ongoing", "yes"),),
    (("emdr", "", 10, "limited", "no"), ("cpt", "", 4, "ongoing", "yes")),
    (("other", "Skills group", 16, "limited", "no"),),
)
TRAUMA_TYPES = (
    "combat", "interpersonal", "childhood", "accident", "accident", "medical", "occupational",
    "bereavement", "disaster", "prefer_not_to_say", "unknown", "sexual",
)  # fmt: skip
# (name, dose, how often, kinds)
MEDICINES = (
    ("Sertraline", "100 mg", "once a day", ("antidepressant",)),
    ("Duloxetine", "60 mg", "once a day", ("antidepressant",)),
    ("Gabapentin", "300 mg", "three times a day", ("cns_depressant",)),
    ("Prazosin", "2 mg", "at night", ()),
    ("Lisinopril", "10 mg", "once a day", ()),
    ("Metformin", "500 mg", "twice a day", ()),
    ("Trazodone", "50 mg", "at night", ("antidepressant", "cns_depressant")),
    ("Levothyroxine", "75 mcg", "once a day", ()),
    ("Naproxen", "500 mg", "twice a day", ()),
    ("Omeprazole", "20 mg", "once a day", ()),
)
# Those that the clinic's physician looks at twice; rarer.
WATCHED_MEDICINES = (
    ("Lamotrigine", "100 mg", "once a day", ("lamotrigine",)),
    ("Clonazepam", "0.5 mg", "at night", ("benzodiazepine", "cns_depressant")),
    ("Lorazepam", "1 mg", "at night", ("benzodiazepine", "cns_depressant")),
    ("Methylphenidate", "18 mg", "in the morning", ("stimulant",)),
)
# (drug, milligrams a day, or micrograms an hour for the patch, unit, route)
OPIOIDS = (
    ("tramadol", 150, "mg_day", "oral"),
    ("hydrocodone", 20, "mg_day", "oral"),
    ("oxycodone", 30, "mg_day", "oral"),
    ("buprenorphine", 8, "mg_day", "buccal"),
    ("tapentadol", 150, "mg_day", "oral"),
    ("oxycodone", 65, "mg_day", "oral"),
    ("fentanyl_td", 25, "mcg_hour", "transdermal"),
)
ANTIDEPRESSANTS = (
    ("Sertraline", "150 mg", 16, "limited"),
    ("Venlafaxine", "150 mg", 20, "limited"),
    ("Duloxetine", "60 mg", 30, "limited"),
    ("Escitalopram", "20 mg", 10, "none"),
    ("Paroxetine", "40 mg", 12, "not_tolerated"),
)
MOODS = ("F33.1", "F32.1", "F41.1", "F33.2", "F51.05", "F41.9", "G47.00")
ALLERGIES = ("Penicillin", "Sulfa drugs", "Latex", "Codeine (nausea)", "Adhesive tape")
SLEEP = (
    "Four to five hours, broken; wakes at three.",
    "Falls asleep late, wakes from dreams most nights.",
    "Sleeps in two parts; naps when the pain allows.",
)
ACTIONS = (
    "Stayed with the patient, went through the safety plan together, medicines handed to the "
    "spouse; seen by the crisis team the same day, who found home safe with daily calls.",
    "Called 988 with the patient from my office, then walked over to the emergency "
    "department; discharged home with family, next call tomorrow.",
    "Mobile crisis team came to the practice; the patient agreed to stay with a sister, who "
    "holds the medicines. I call every day until you take over.",
)


DIAGNOSED_BY = (
    "Mateus Olander, LMHC", "Dr. Farida Noorzai, psychiatry", "The referring clinician",
    "A clinician of the VA",
)  # fmt: skip
