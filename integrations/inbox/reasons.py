"""Why a message was parked or quarantined. Codes without any content of the message."""

from enum import StrEnum


class Reason(StrEnum):
    TOO_LARGE = "too_large"
    CONTENT_TYPE = "content_type"
    NOT_JSON = "not_json"
    NOT_AN_EVENT = "not_a_cloudevent"
    WRONG_ACCOUNT = "user_id_is_not_the_partner"
    UNKNOWN_TYPE = "unknown_type"
    ROUTING = "routing_key_is_not_the_type"
    SUBJECT = "subject_is_not_a_uuid"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_INVALID = "signature_invalid"
    SIGNATURE_KEY = "signature_key_unknown"
    TIME_MISSING = "signed_time_missing"
    TIME_WINDOW = "signed_time_outside_window"
    UNREADABLE = "could_not_be_read"
    OTHER_BYTES = "other_bytes_under_a_known_id"
    TOO_MANY_STARTS = "started_too_often"
    HANDLER_FAILED = "handler_failed"


# The message may be what it says, but nobody can know.
UNPROVEN = (
    Reason.SIGNATURE_MISSING,
    Reason.SIGNATURE_INVALID,
    Reason.SIGNATURE_KEY,
    Reason.TIME_MISSING,
    Reason.TIME_WINDOW,
)
