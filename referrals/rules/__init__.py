"""The rules of the clinical reference, pure: content and a date in, findings out.

Every finding names its rule, the rule's version, the names of its inputs and its source.
A finding informs; a clinician decides. Nothing here imports Django.
"""

from .consent import part2_withheld, written_consent_needed
from .dual import DualDiagnosis, article_profile, dual_diagnosis, is_chronic
from .findings import Fired, Flag, Gap
from .flags import flags
from .gaps_accept import accept_gaps, clinic_obtains
from .gaps_submit import submit_gaps
from .mme import Mme, mme
from .priority import Priority, priority
from .settings import DEFAULTS, ClinicRules

__all__ = [
    "DEFAULTS",
    "ClinicRules",
    "DualDiagnosis",
    "Fired",
    "Flag",
    "Gap",
    "Mme",
    "Priority",
    "accept_gaps",
    "article_profile",
    "clinic_obtains",
    "dual_diagnosis",
    "flags",
    "is_chronic",
    "mme",
    "part2_withheld",
    "priority",
    "submit_gaps",
    "written_consent_needed",
]
