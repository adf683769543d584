"""What the demo's people write to one another. No trauma is told of, nobody is judged."""

from __future__ import annotations

FROM_PRACTICE = (
    "Mornings are best for this patient; the pain is worst after three.",
    "The patient asked to be told by phone, not by letter.",
    "Thank you. I have told the patient what to expect from the first visit.",
    "The weekly therapy goes on meanwhile. Tell me if you want me to change anything.",
    "I will keep the prescriptions as they are until you have seen the patient.",
    "Could the first visit be in a room with a window? Closed rooms are hard at the moment.",
    "The patient can bring a sister, and has asked that she may sit in.",
)
FROM_CLINIC = (
    "Thank you, this is clear. We will call the patient tomorrow morning.",
    "We left a message as agreed, with our name and number only.",
    "The patient knows the way and that the first visit takes about 90 minutes.",
    "We have noted the room with a window, and a seat near the door.",
    "We talked with the patient today. They are looking forward to having one plan.",
    "Please keep the medicines as they are until the evaluation.",
)
ANSWERED_BY_CLINIC = (
    "Thank you for the quick answer. That was all we needed.",
    "That helps. The reviewer looks at it this afternoon.",
)

# code: (the clinic's note, the practice's answer)
QUESTIONS: dict[str, tuple[str, str]] = {
    "medications": ("Doses, and when the last change was.",
                    "List is current as of this week: doses unchanged for three months. "
                    "Nothing over the counter."),
    "allergies": ("", "No known drug allergies; reacts to adhesive tape."),
    "vitals": ("A blood pressure of the last 30 days.",
               "Taken here today, seated, twice: 128/82 and 126/80, pulse 72."),
    "safety_screen": ("The C-SSRS that we have is older than two weeks.",
                      "Repeated today: no thoughts of being dead, no plan, no attempt ever. "
                      "Safety plan reviewed."),
    "pain_history": ("Which injections, when, and what came of them.",
                     "Two epidural injections last year; relief of about two weeks each."),
    "trauma_history": ("Kind and number of sessions only.",
                       "Twelve sessions of CPT, finished in spring, partial response. "
                       "Therapist stays involved."),
    "instruments": ("PEG with its date.", "PEG done today: 7, 8 and 7."),
    "imaging": ("The report is enough.", "No imaging in the last five years; none was indicated."),
    "substance_use": ("", "Alcohol once or twice a month; no other use. PDMP reviewed this week."),
    "mental_health_history": ("Hospital stays, with dates.",
                              "One voluntary stay six years ago; none since."),
    "contact_details": ("Our calls end in a full mailbox.",
                        "New number taken down with the patient today, given by phone to your "
                        "desk. A message may be left."),
    "insurance": ("", "Copy of the card is in the chart; the desk sends it by fax."),
}  # fmt: skip
NOT_ANSWERED = "The patient would rather talk about this at the visit."
ASKING = (
    "Thank you for this referral. Before we can decide we need the following.",
    "We would like to decide this week. Could you add what is listed here?",
    "Nearly complete. These points are what our physician asked for.",
)

# (reason, comment, alternative, licensed people only)
DECLINES: tuple[tuple[str, str, str, bool], ...] = (
    ("no_capacity", "", "The Winter Park clinic sees new patients within three weeks; we can "
     "redirect with the patient's consent.", False),
    ("medical_reason", "The recent heart findings should be settled first.",
     "Cardiology review first, then send again; we keep the file ready. Pain psychology can "
     "start meanwhile.", True),
    ("out_of_area_or_coverage", "", "The county's behavioral health line lists programs closer "
     "to the patient's home that take this coverage.", False),
    ("insufficient_information", "Two questions stayed open after our call.",
     "Send again with the medicine list and a current blood pressure; nothing else is missing.",
     False),
    ("needs_more_urgent_care_than_the_clinic_gives", "An outpatient program is too little at "
     "this point.", "We called the practice today: same-day assessment by the crisis team, then "
     "the day hospital. Refer again after it.", True),
    ("diagnosis_pair_not_supported", "The pain began five weeks ago and is still settling.",
     "Physical therapy and follow-up in your practice; send again if it lasts past three "
     "months.", True),
    ("service_not_offered", "", "A headache center with infusion of standard medicines; two "
     "addresses were given by phone.", False),
    ("active_substance_use", "The patient has just begun an intensive outpatient program.",
     "Finish the first phase there; we stay in touch with the counselor and see the patient "
     "after that.", True),
)  # fmt: skip

CANCELS: tuple[tuple[str, str], ...] = (
    ("patient_request", ""),
    ("condition_improved", "Sleeping through most nights since therapy began; wants to wait."),
    ("went_elsewhere", "Found a program closer to home."),
    ("sent_by_mistake", ""),
    ("no_longer_needed", ""),
    ("other", "The patient is moving out of state at the end of the month."),
)
KEEP_GOING = (
    "We spoke with the patient, who would like to go on after all.",
    "The patient did not know of the wish to cancel and asks us to keep the visit.",
)
NOTES = (
    "First visit, 90 minutes. Both conditions reviewed together; sleep first, then movement.",
    "Second visit. Paced walking started, 8 minutes twice a day. Therapy goes on weekly with "
    "the known therapist; we talk every other week.",
    "Pain diary shows two better days a week. Nightmares less often since the evening routine "
    "changed. No change of medicines.",
    "Went through the plan with the patient and a family member, with permission. Wants to "
    "try the pool group.",
    "Blood pressure fine. Spoke with the referrer about who refills what.",
)
# (disposition, report, pain, trauma, daily life)
OUTCOMES: tuple[tuple[str, str, str, str, str], ...] = (
    ("treated_back_to_referrer",
     "Seen four times. Both conditions were evaluated together. The patient moves more, sleeps "
     "about an hour longer and has had no crisis. PEG fell from 7.3 to 4.7, PCL-5 from 48 to 35.",
     "Paced walking up to 20 minutes twice a day; physical therapy goes on for six weeks. No "
     "change of pain medicine by us; the primary care physician keeps prescribing.",
     "CPT goes on with the known therapist, weekly, eight more sessions. On flare days: short "
     "session by phone instead of none.",
     "Sleep window from eleven to six. One planned pleasant thing a day. Regular lunch."),
    ("treated_stays_with_clinic",
     "Evaluation complete and care begun; the patient stays with us for three months. Next "
     "report to you in six weeks.",
     "Graded activity with our physical therapist; medicines reviewed together with you.",
     "EMDR with the known therapist, who joins our meeting every other week.",
     "Return to half days at work from next month; the employer was not told anything by us."),
    ("assessed_other_care_advised",
     "Comprehensive medical and psychiatric evaluation. The patient and we agree that "
     "trauma-focused therapy should come first; no other treatment was started.",
     "Continue duloxetine under your care. Warm-water exercise twice a week.",
     "Referral to a therapist who offers prolonged exposure; first date is known to the patient.",
     "Mindfulness in short turns, seated, eyes open. Walk before dinner."),
    ("advice_only",
     "One long visit. The patient wanted to understand how pain and trauma drive each other, and "
     "prefers to go on with the present team.",
     "Keep the present plan; add pacing as in the leaflet that the patient took home.",
     "Stay with the present therapist. We are there for a second talk.",
     "Sleep diary for four weeks, to be looked at in your practice."),
    ("stopped_by_patient",
     "Seen twice. The patient decided to pause for family reasons and may come back without a "
     "new referral within three months.",
     "Home exercises as shown; primary care keeps the medicines.",
     "Therapist stays available; the patient has the number.",
     "Small steps: the daily walk and the regular bedtime."),
    ("referred_onward",
     "Evaluation showed a sleep breathing disorder that comes first. Sent on to a sleep center "
     "with the patient's consent; we see the patient again afterward.",
     "No new sedating medicines before the sleep study.",
     "Therapy goes on unchanged.",
     "Sleep study first; morning light; no driving when drowsy."),
)  # fmt: skip
CONCERN_NOTES: dict[str, str] = {
    "K-01": "Read the cardiology letter and the ECG; spoke with the cardiologist. Evaluation may "
            "go ahead, with monitoring.",
    "K-02": "Pregnancy test is done at the first visit before anything else; patient agrees.",
    "K-03": "Talked with the treating psychiatrist; no current psychotic symptoms.",
    "K-04": "Liver panel reviewed; evaluation only, no medicines by us before hepatology answers.",
    "K-06": "In a program with a counselor who stays in contact; reviewed with the patient's word.",
    "K-07": "Practice saw the patient the same day: 148/92 after rest, medicine adjusted. Will be "
            "measured again at the visit.",
}  # fmt: skip
CONCERN_NOTE = "Read with the whole referral; to be looked at again at the first visit."
WRONG_ENTRY = (
    "Typed for the wrong person with a similar name; the practice has confirmed it.",
    "The practice's training entry was sent by mistake.",
    "Same fax typed twice; the first one is worked on.",
)
DUPLICATE = "The earlier one asks for the pain side only; the patient has agreed to both now."
AMENDED = "The patient brought the current list."

# Who (a part of the story, or a login), which side of the plan, what, and on which topic.
ONE_PLAN = (
    ("referrer", "goals", "I want to sleep through and pick my grandson up again.", ""),
    ("referrer", "trauma", "Trauma-focused therapy goes on weekly with me.", ""),
    ("invited", "pain", "Physical therapy twice a week; no new opioid from our side.", ""),
    ("clinician", "daily_life", "A fixed hour for bed, and short walks to begin with.", "sleep"),
)
