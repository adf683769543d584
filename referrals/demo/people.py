"""The demo's organisations and people. All invented; NPIs are published worked examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

from referrals import clock
from referrals.actors import Actor, Role, actor_for
from referrals.demo import days
from referrals.models import ClinicianProfile, Holiday, Membership, Organisation, Service

PASSWORD = "tandem-demo"  # noqa: S105 - the demo's public password, as documented
DOMAIN = "demo.example"

SERVICES = (
    ("dual-diagnosis-evaluation", "Dual-diagnosis evaluation"),
    ("iv-ketamine-evaluation", "IV ketamine evaluation"),
    ("pain-evaluation", "Pain evaluation"),
    ("mental-health-evaluation", "Mental health evaluation"),
)
# (kind, slug, name, NPI, phone)
ORGANISATIONS = (
    ("practice", "quillfern", "Quillfern Family Practice", "1245319599", "+14075550110"),
    ("practice", "saltmarsh-lane", "Saltmarsh Lane Medicine", "1000000004", "+13865550120"),
    ("clinic", "apopka", "Lanternmoss Clinic Apopka", "1999999992", "+14075550130"),
    ("clinic", "winter-park", "Lanternmoss Clinic Winter Park", "2123456784", "+13215550140"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """`login` is the address before the @; `kind` and `npi` are a clinician's."""

    login: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    kind: str = ""
    npi: str = ""
    licence: str = ""
    phone: str = ""


RC, RD, PA, CO, CL, CA, PO = (
    Role.RC, Role.RD, Role.PA, Role.CO, Role.CL, Role.CA, Role.PO,
)  # fmt: skip

PEOPLE = (
    Person("physician", "Dr. Ileana Marchetti-Obi", "quillfern", (RC,), "physician",
           "1234567893", "ME900101", "+14075550111"),
    Person("therapist", "Tobias Wrenfield, LCSW", "quillfern", (RC,), "lcsw",
           "1558598797", "SW900102", "+14075550112"),
    Person("nurse-practitioner", "Anjali Devraj-Holm, APRN", "quillfern", (RC,), "np",
           "1245319599", "APRN900103", "+14075550113"),
    Person("delegate", "Corazon Villareal", "quillfern", (RD,)),
    Person("practice-admin", "Bram Oosterhuis", "quillfern", (PA,)),
    Person("stranger", "Dr. Kwabena Asare-Lindqvist", "saltmarsh-lane", (RC,), "physician",
           "1558598797", "ME900104", "+13865550121"),
    Person("psychologist", "Noor Haddad-Pruitt, PsyD", "saltmarsh-lane", (RC,), "psychologist",
           "1000000004", "PY900105", "+13865550122"),
    Person("coordinator", "Marguerite Delacroix-Finch", "apopka", (CO,)),
    Person("second-coordinator", "Desmond Achterberg", "apopka", (CO,)),
    Person("clinician", "Dr. Soledad Iturbide", "apopka", (CL,), "physician",
           "1234567893", "ME900106", "+14075550131"),
    Person("second-clinician", "Dr. Henrik Vasquez-Amundsen", "apopka", (CL,), "physician",
           "1245319599", "ME900107", "+14075550132"),
    Person("clinic-admin", "Priscilla Okonjo-Ward", "apopka", (CA,)),
    Person("other-coordinator", "Lakshmi Ferreira-Boone", "winter-park", (CO,)),
    Person("other-clinician", "Dr. Emrys Takahara", "winter-park", (CL,), "physician",
           "1000000004", "ME900108", "+13215550141"),
    Person("other-clinic-admin", "Oluwaseun Brandt", "winter-park", (CA,)),
    Person("invited", "Dr. Ottoline Farrukh-Saye", "", (), "physician", "2123456784",
           "ME900109", "+13525550151"),
    Person("privacy", "Rosalind Quenneville", "", (PO,)),
)  # fmt: skip


@dataclass
class Cast:
    """Who is there: organisations by slug, people and what they may do by login."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    def clinicians_of(self, slug: str) -> list[str]:
        return self._with_role(slug, RC)

    def coordinators(self, clinic: str) -> list[str]:
        return self._with_role(clinic, CO)

    def reviewers(self, clinic: str) -> list[str]:
        """The licensed people of a clinic."""
        return self._with_role(clinic, CL)

    def _with_role(self, slug: str, role: Role) -> list[str]:
        return [p.login for p in PEOPLE if p.organisation == slug and role in p.roles]


def kind_of(login: str) -> str:
    return next(person.kind for person in PEOPLE if person.login == login)


def assemble(today: date) -> Cast:
    """Create every organisation and person, signed up and verified."""
    cast = Cast()
    for kind, slug, name, npi, phone in ORGANISATIONS:
        cast.organisations[slug] = Organisation.objects.create(
            kind=kind, slug=slug, name=name, npi=npi, phone=phone, after_hours_phone=phone,
            state="FL", time_zone="America/New_York",
        )  # fmt: skip
    _equip_clinics(cast, today)
    # One slow hash for all: they share the one documented password.
    password = make_password(PASSWORD)
    for person in PEOPLE:
        user = _sign_up(person, password)
        organisation = cast.organisations.get(person.organisation)
        for role in person.roles:
            Membership.objects.create(user=user, organisation=organisation, role=role)
        _license(person, user)
        cast.actors[person.login] = actor_for(user)
    _superuser(password)
    return cast


def _equip_clinics(cast: Cast, today: date) -> None:
    closed = days.holidays_between(days.year_before(today), days.year_after(today))
    for clinic in (o for o in cast.organisations.values() if o.kind == "clinic"):
        Service.objects.bulk_create(
            Service(clinic=clinic, code=code, name=label) for code, label in SERVICES
        )
        Holiday.objects.bulk_create(
            Holiday(clinic=clinic, day=day, name=name) for day, name in sorted(closed.items())
        )


def _sign_up(person: Person, password: str) -> Any:
    user = get_user_model().objects.create_user(
        f"{person.login}@{DOMAIN}", None, full_name=person.name, date_joined=clock.now()
    )
    user.password = password
    user.save(update_fields=["password"])
    return user


def _license(person: Person, user: Any) -> None:
    if person.kind:
        ClinicianProfile.objects.create(
            user=user, kind=person.kind, npi=person.npi, licence_number=person.licence,
            licence_state="FL", after_hours_phone=person.phone,
        )  # fmt: skip


def _superuser(password: str) -> None:
    user = get_user_model().objects.create_superuser(
        f"admin@{DOMAIN}", None, full_name="Site Administrator", date_joined=clock.now()
    )
    user.password = password
    user.save(update_fields=["password"])
