"""The cut points that a clinic may choose, with the defaults of the published sources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cuts:
    """Totals at or above which a result counts as positive."""

    pc_ptsd_5: int = 4
    pcl_5: int = 33
    phq_9: int = 10
    gad_7: int = 10
    audit_c_male: int = 4
    audit_c_other: int = 3
    dast_10: int = 3
    ort_oud: int = 3

    def __post_init__(self) -> None:
        if self.pc_ptsd_5 not in (3, 4):
            raise ValueError("The cut of PC-PTSD-5 is 4, or 3 where a clinic chose so.")
        if not 31 <= self.pcl_5 <= 80:
            raise ValueError("The cut of PCL-5 is 31 or higher.")


CUTS = Cuts()
