"""The closed lists of the referral's answers: codes as the contract has them, with their words."""

from __future__ import annotations

from collections.abc import Sequence

Choices = Sequence[tuple[str, str]]

UNKNOWN = ("unknown", "Unknown")
CLINIC = ("clinic_to_obtain", "Clinic to obtain")
YES_NO_UNKNOWN: Choices = (("yes", "Yes"), ("no", "No"), UNKNOWN)
YES_NO: Choices = (("yes", "Yes"), ("no", "No"))
# The answer to anything that the clinic can find out itself.
FINDING: Choices = (*YES_NO_UNKNOWN, CLINIC)

ABSENT: Choices = (
    UNKNOWN,
    CLINIC,
    ("none", "None"),
    ("declined", "Patient declined"),
    ("not_done", "Not done"),
    ("not_applicable", "Does not apply"),
)

SEX: Choices = (
    ("female", "Female"),
    ("male", "Male"),
    ("other", "Other"),
    UNKNOWN,
)
BASIS: Choices = (
    ("treatment", "Treatment: sharing between treating clinicians (HIPAA)"),
    ("written", "Written consent of the patient"),
)
PART2: Choices = YES_NO_UNKNOWN
URGENCY: Choices = (("routine", "Routine"), ("soon", "Soon"), ("urgent", "Urgent"))
EVIDENCE: Choices = (
    ("file", "Signed form, attached"),
    ("e_signature", "Electronic signature"),
    ("on_paper", "Signed form, kept at the practice"),
)
CONTENT_CLASSES: Choices = (
    ("identity", "Name and contact"),
    ("pain", "Pain"),
    ("mental_health", "Mental health and trauma"),
    ("substance", "Substance use"),
    ("medical", "Medical history and medicines"),
    ("documents", "Attached documents"),
)
REPRESENTATIVE: Choices = (
    ("guardian", "Guardian"),
    ("power_of_attorney", "Health care power of attorney"),
    ("surrogate", "Health care surrogate or proxy"),
    ("other", "Other"),
)
CAPACITY: Choices = (
    ("has_capacity", "Decides for themselves"),
    ("lacks_capacity", "Someone else decides"),
    UNKNOWN,
)
MECHANISM: Choices = (
    ("neuropathic", "Neuropathic"),
    ("nociceptive", "Nociceptive"),
    ("nociplastic", "Nociplastic"),
    ("unsure", "Unsure"),
    CLINIC,
)
TREATMENT_CLASS: Choices = (
    ("nsaid", "NSAID or acetaminophen"),
    ("antidepressant", "Antidepressant for pain"),
    ("anticonvulsant", "Anticonvulsant"),
    ("opioid", "Opioid"),
    ("muscle_relaxant", "Muscle relaxant"),
    ("topical", "Topical"),
    ("injection", "Injection or nerve block"),
    ("neuromodulation", "Neuromodulation"),
    ("surgery", "Surgery"),
    ("physical_therapy", "Physical therapy"),
    ("psychological", "Psychological pain therapy"),
    ("complementary", "Complementary care"),
    ("ketamine", "Ketamine"),
    ("other", "Other"),
)
RESULT: Choices = (
    ("good", "Helped"),
    ("limited", "Limited result"),
    ("none", "No result"),
    ("worse", "Made it worse"),
    ("not_tolerated", "Not tolerated"),
    ("ongoing", "Too early to say"),
    UNKNOWN,
)
PTSD_STATUS: Choices = (
    ("diagnosed", "Diagnosed"),
    ("positive_screen", "Positive screen"),
    ("suspected", "Suspected"),
    ("not_suspected", "Not suspected"),
    UNKNOWN,
)
TRAUMA_TYPE: Choices = (
    ("combat", "Combat or military service"),
    ("interpersonal", "Interpersonal violence"),
    ("sexual", "Sexual violence"),
    ("childhood", "Childhood"),
    ("accident", "Accident or injury"),
    ("medical", "Medical"),
    ("disaster", "Disaster"),
    ("bereavement", "Sudden loss"),
    ("occupational", "First responder or work exposure"),
    ("other", "Other"),
    ("prefer_not_to_say", "Prefers not to say"),
    UNKNOWN,
)
THERAPY: Choices = (
    ("pe", "Prolonged exposure (PE)"),
    ("cpt", "Cognitive processing therapy (CPT)"),
    ("emdr", "EMDR"),
    ("other", "Other"),
)
PREGNANCY: Choices = (
    ("pregnant", "Pregnant"),
    ("possible", "Possibly pregnant"),
    ("not_pregnant", "Not pregnant"),
    ("not_applicable", "Cannot become pregnant"),
    UNKNOWN,
    CLINIC,
)
LIVER: Choices = (("moderate", "Moderate"), ("severe", "Severe"), UNKNOWN)
KETAMINE: Choices = (
    ("none", "Never"),
    ("clinic", "In a clinic, supervised"),
    ("compounded_or_home", "Compounded, oral or at home"),
    ("non_medical", "Outside medical care"),
    UNKNOWN,
    CLINIC,
)
OPIOIDS: Choices = (
    ("codeine", "Codeine"),
    ("fentanyl_td", "Fentanyl patch"),
    ("hydrocodone", "Hydrocodone"),
    ("hydromorphone", "Hydromorphone"),
    ("methadone", "Methadone"),
    ("morphine", "Morphine"),
    ("oxycodone", "Oxycodone"),
    ("oxymorphone", "Oxymorphone"),
    ("tapentadol", "Tapentadol"),
    ("tramadol", "Tramadol"),
    ("buprenorphine", "Buprenorphine"),
    ("other", "Another opioid"),
)
DOSE_UNIT: Choices = (("mg_day", "mg a day"), ("mcg_hour", "mcg an hour (patch)"))
ROUTE: Choices = (
    ("oral", "By mouth"),
    ("transdermal", "Patch"),
    ("buccal", "Under the tongue or in the cheek"),
    ("rectal", "Rectal"),
    ("injection", "Injection"),
    ("intrathecal", "Pump into the spine"),
    ("other", "Other"),
)
MEDICATION_CLASS: Choices = (
    ("benzodiazepine", "Benzodiazepine"),
    ("lamotrigine", "Lamotrigine"),
    ("maoi", "MAO inhibitor"),
    ("stimulant", "Stimulant"),
    ("opioid", "Opioid"),
    ("cns_depressant", "Other sedating medicine"),
    ("antidepressant", "Antidepressant"),
    ("cyp_inhibitor", "Strong CYP3A4 or CYP2B6 inhibitor"),
    ("cyp_inducer", "CYP3A4 or CYP2B6 inducer"),
)
TEAM_ROLE: Choices = (
    ("pcp", "Primary care"),
    ("therapist", "Therapist"),
    ("psychiatrist", "Psychiatry"),
    ("pain_specialist", "Pain specialist"),
    ("physical_therapist", "Physical therapy"),
    ("pharmacist", "Pharmacy"),
    ("case_manager", "Case management"),
    ("family", "Family or friend"),
    ("other", "Other"),
)
REFERRER_ROLE: Choices = (
    ("pcp", "Stay the primary care clinician"),
    ("therapist", "Stay the therapist"),
    ("prescriber", "Stay the prescriber"),
    ("shared", "Share the care"),
    ("none", "Hand over the care"),
    UNKNOWN,
)
REPORT_TO: Choices = (
    ("portal", "This portal"),
    ("direct", "Direct secure messaging"),
    ("fax", "Fax"),
    ("mail", "Postal mail"),
)
GIVEN_BY: Choices = (
    ("referring_clinician", "The referring clinician"),
    ("other_clinician", "Another clinician"),
    ("practice_staff", "Practice staff"),
    ("clinic", "The clinic"),
    UNKNOWN,
)
MODE: Choices = (("self", "Filled in by the patient"), ("clinician", "Asked by a clinician"))
NRS_PERIOD: Choices = (("now", "Now"), ("day", "Last 24 hours"), ("week", "Last week"))
LEVEL: Choices = (("none", "None"), ("low", "Low"), ("moderate", "Moderate"), ("high", "High"))
NOT_ASSESSED: Choices = (("not_assessed", "Not assessed"),)

_STATE_NAMES = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|"
    "DE Delaware|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|"
    "IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|"
    "MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|"
    "NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|"
    "RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|"
    "VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|"
    "AS American Samoa|GU Guam|MP Northern Mariana Islands|PR Puerto Rico|VI U.S. Virgin Islands|"
    "AA Armed Forces Americas|AE Armed Forces Europe|AP Armed Forces Pacific"
)
STATES: Choices = tuple((entry[:2], entry[3:]) for entry in _STATE_NAMES.split("|"))
# The languages that are asked for most; any other stored tag is shown beside them.
LANGUAGES: Choices = (
    ("en", "English"), ("es", "Spanish"), ("ht", "Haitian Creole"), ("pt", "Portuguese"),
    ("fr", "French"), ("vi", "Vietnamese"), ("zh", "Chinese"), ("ar", "Arabic"),
    ("tl", "Tagalog"), ("ru", "Russian"), ("ko", "Korean"), ("de", "German"), ("it", "Italian"),
    ("pl", "Polish"), ("hi", "Hindi"), ("ase", "American Sign Language"),
)  # fmt: skip
