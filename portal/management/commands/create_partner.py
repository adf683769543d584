"""Set up a partner's system: its row, its OAuth client, its secret."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction

from integrations import public_jwk
from integrations.models import CommandKey, Partner
from integrations.partners import choose_signatures
from integrations.public_jwk import KeyRefused, PublicKey
from integrations.signing_keys import keyring
from portal.accounts import partners
from referrals.actors import SYSTEM
from referrals.errors import Conflict
from referrals.models import Organisation
from referrals.operations import partner_systems

DOOR = "command"


class Command(BaseCommand):
    help = (
        "Create a partner system of one clinic and print its client secret once. The secret "
        "is kept as a hash alone; --renew makes a new one and ends the tokens of the old. "
        "Exit status: 0 done, 1 refused with the reason."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name: lower-case letters, digits, hyphens")
        parser.add_argument("--clinic", help="slug of the clinic whose referrals it serves")
        parser.add_argument("--name", help="name for people (default: the slug)")
        parser.add_argument(
            "--scope", action="append", choices=partners.SCOPES, dest="scopes",
            help="may be given several times (default: all)",
        )  # fmt: skip
        parser.add_argument(
            "--event", action="append", dest="events", default=None,
            help="an event's name; may be given several times (default: every event)",
        )  # fmt: skip
        parser.add_argument(
            "--signed", action=BooleanOptionalAction, default=None,
            help="sign what it is sent (a header with a detached JWS), or stop with --renew "
            "--no-signed; needs EVENT_SIGNING_KEYS (default: as it was, at first unsigned)",
        )  # fmt: skip
        parser.add_argument(
            "--command-key", action="append", dest="command_keys", default=[], metavar="FILE",
            help="a file with a public key, or a set, that it signs its commands with (JSON Web "
            "Key, Ed25519); may be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--retire-command-key", action="append", dest="retired_keys", default=[],
            metavar="KID", help="take nothing under this key any more; with --renew",
        )  # fmt: skip
        parser.add_argument(
            "--require-signatures", action=BooleanOptionalAction, default=None,
            help="take its commands only with a good signature, or stop with --renew "
            "--no-require-signatures (default: as it was, at first not required)",
        )  # fmt: skip
        parser.add_argument(
            "--renew", action="store_true", help="a new secret for a partner that exists"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        secret = partners.new_secret()
        keys = [key for path in options["command_keys"] for key in _read_keys(path)]
        with transaction.atomic():
            partner = self._renewed(options) if options["renew"] else self._created(options)
            try:
                partners.register_client(partner, secret, options["scopes"] or partners.SCOPES)
            except ValueError as error:
                raise CommandError(str(error)) from error
            try:
                _choose_keys(partner, keys, options["retired_keys"], options["require_signatures"])
            except Conflict as refused:
                raise CommandError(refused.detail) from refused
        self.stdout.write(f"client id: {partner.client_id}")
        self.stdout.write(f"client secret: {secret}")
        self.stdout.write("Keep the secret now: it is not shown again.")

    def _renewed(self, options: dict[str, Any]) -> Partner:
        partner = Partner.objects.filter(slug=options["slug"]).first()
        if partner is None:
            raise CommandError("There is no partner with this slug.")
        if options["signed"] is not None:
            choose_signatures(partner, signed=options["signed"] and _can_sign())
        return partner

    def _created(self, options: dict[str, Any]) -> Partner:
        clinic = Organisation.objects.filter(slug=options["clinic"] or "", kind="clinic").first()
        if clinic is None:
            raise CommandError("--clinic must be the slug of a clinic of this installation.")
        partner = Partner(
            slug=options["slug"],
            name=options["name"] or options["slug"],
            scope_key=clinic.pk,
            client_id=options["slug"],
            events=_known(options["events"] or []),
            signed=bool(options["signed"]) and _can_sign(),
        )
        try:
            partner.clean_fields()
            partner.save(force_insert=True)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except IntegrityError as error:
            raise CommandError("A partner with this slug exists; --renew renews it.") from error
        return partner


def _can_sign() -> bool:
    if not keyring():
        raise CommandError("--signed needs a key in EVENT_SIGNING_KEYS.")
    return True


def _read_keys(path: str) -> list[PublicKey]:
    try:
        return public_jwk.read(Path(path).read_text())
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"--command-key: {path} cannot be read as text.") from None
    except KeyRefused as refused:
        raise CommandError(f"--command-key: {path}: {refused}") from refused


def _choose_keys(
    partner: Partner, keys: list[PublicKey], retired: list[str], required: bool | None
) -> None:
    """What is added counts before what is retired, and what is not required any more before."""
    if required is False:
        partner_systems.accept_unsigned(partner, by=SYSTEM, door=DOOR)
    if keys:
        partner_systems.add_command_keys(partner, keys, by=SYSTEM, door=DOOR)
    for kid in retired:
        row = CommandKey.objects.filter(partner=partner, kid=kid).first()
        if row is None:
            raise CommandError(f"--retire-command-key: this partner has no key {kid}.")
        partner_systems.retire_command_key(partner, row.pk, by=SYSTEM, door=DOOR)
    if required:
        partner_systems.require_signatures(partner, by=SYSTEM, door=DOOR)


def _known(names: list[str]) -> list[str]:
    """The names, if the registry of events knows each of them."""
    from django.conf import settings
    from django.utils.module_loading import import_string

    registry = import_string(settings.INTEGRATIONS_EVENT_REGISTRY)
    unknown = sorted(set(names) - set(registry))
    if unknown:
        raise CommandError(f"Unknown event: {', '.join(unknown)}. Known: {', '.join(registry)}.")
    return names
