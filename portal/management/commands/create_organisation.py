"""The first administrator of a practice or a clinic, or the privacy officer: one link, once."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email, validate_slug
from django.db import transaction

from portal.accounts import invitations
from referrals.actors import Role
from referrals.models import Organisation
from referrals.npi import validate_npi

KINDS = ("clinic", "practice", "installation")


class Command(BaseCommand):
    help = (
        "Make a clinic or a practice and invite its first administrator, or invite the privacy "
        "officer (kind: installation). Prints the invitation's link, which works once, for 7 "
        "days; no password is set here. Exit status: 0 done, 1 refused with the reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("--name", default="", help="as people read it")
        parser.add_argument("--slug", default="", help="short name in addresses, like apopka")
        parser.add_argument("--administrator", required=True, help="e-mail address of the person")
        parser.add_argument("--npi", default="", help="type-2 NPI")
        parser.add_argument("--phone", default="", help="like +14075550100")
        parser.add_argument("--state", default="FL", help="USPS code")
        parser.add_argument("--time-zone", default="America/New_York")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._check(options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            organisation = self._make(options)
            link = invitations.first(
                organisation=organisation, email=options["administrator"],
                role=self._role(options["kind"]),
            )  # fmt: skip
        if organisation is not None:
            self.stdout.write(f"{organisation.kind} {organisation.slug} {organisation.pk}")
        self.stdout.write(f"invitation for {options['administrator']}, once, for 7 days:")
        self.stdout.write(link)

    def _check(self, options: dict[str, Any]) -> None:
        validate_email(options["administrator"])
        if options["kind"] == "installation":
            return
        if not options["name"] or not options["slug"]:
            raise CommandError("Give --name and --slug.")
        validate_slug(options["slug"])
        if options["npi"]:
            validate_npi(options["npi"])
        if options["time_zone"] not in zoneinfo.available_timezones():
            raise CommandError("Give a time zone such as America/New_York.")

    def _make(self, options: dict[str, Any]) -> Organisation | None:
        if options["kind"] == "installation":
            return None
        if Organisation.objects.filter(slug=options["slug"]).exists():
            raise CommandError("There is an organization with this slug already.")
        return Organisation.objects.create(
            kind=options["kind"], name=options["name"], slug=options["slug"],
            npi=options["npi"], phone=options["phone"], state=options["state"],
            time_zone=options["time_zone"],
        )  # fmt: skip

    def _role(self, kind: str) -> Role:
        return {"clinic": Role.CA, "practice": Role.PA, "installation": Role.PO}[kind]
