"""A partner's signatures, at the administrator's page and at a shell."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from integrations import base64url
from integrations.inbox import storing
from integrations.models import CommandKey, Partner
from portal.accounts.models import InterruptedPost
from referrals.access.models import AccessEntry
from referrals.errors import Forbidden, NotFound
from referrals.operations import partner_systems
from tests.cast import Cast
from tests.integrations.test_command_keys import THIRD, X, a_set, jwk
from tests.integrations.test_inbox import a_command, an_arrival
from tests.portal.pages.clinic.test_partners import address, text


@pytest.fixture
def admin(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.clinic_admin)
    return client


def add(admin: Client, partner: Partner, given: object, **more):
    keys = given if isinstance(given, str) else json.dumps(given)
    return admin.post(address(partner, "add-key"), {"keys": keys}, **more)


def verbs():
    return list(AccessEntry.objects.order_by("pk").values_list("verb", flat=True))


def test_a_partner_without_keys_is_told_as_such(admin, partner):
    page = text(admin.get(address(partner)))
    assert "Commands come without signatures" in page and "Add a key" in page
    assert "Require signatures" not in page
    refused = admin.post(address(partner, "require-signatures"))
    assert refused.status_code == 409 and "Add its public key first" in text(refused)
    assert not Partner.objects.get().commands_signed


def test_keys_are_pasted_required_and_retired_with_an_entry_for_each_act(cast, admin, partner):
    assert add(admin, partner, jwk()).status_code == 303
    page = text(add(admin, partner, a_set(jwk(), jwk(kid="k2", x=THIRD)), follow=True))
    first, second = CommandKey.objects.order_by("pk")
    assert first.thumbprint in page and "k2" in page and "The key is added" in page
    assert "may come without a signature" in page

    done = admin.post(address(partner, "require-signatures"), follow=True)
    assert "Signatures are required" in text(done)
    assert "taken only with a good signature" in text(done)
    asked = admin.get(address(partner, "retire-key"), {"key": first.pk})
    assert first.thumbprint in text(asked) and "cannot come back" in text(asked)
    page = text(admin.post(address(partner, "retire-key"), {"key": first.pk}, follow=True))
    assert "The key is retired" in page and "Retired" in page
    last = admin.post(address(partner, "retire-key"), {"key": second.pk})
    assert last.status_code == 409 and "stop requiring signatures" in text(last)
    admin.post(address(partner, "accept-unsigned"))
    assert not Partner.objects.get().commands_signed
    assert admin.post(address(partner, "retire-key"), {"key": second.pk}).status_code == 303

    assert verbs() == [
        "command_key_add", "command_key_add", "signatures_require", "command_key_retire",
        "signatures_accept_none", "command_key_retire",
    ]  # fmt: skip
    entry = AccessEntry.objects.filter(verb="command_key_retire").first()
    assert json.loads(entry.detail) == {"id": first.pk, "partner_id": str(partner.pk)}
    assert (entry.user_id, entry.door) == (str(cast.clinic_admin.pk), "portal")


def test_a_private_key_is_refused_and_never_shown_again(admin, partner):
    secret = base64url.encode(b"a synthetic private half, 32 b..")
    page = add(admin, partner, jwk(d=secret))
    assert page.status_code == 400 and secret not in text(page)
    assert "can sign as the partner" in text(page) and "make a new pair" in text(page)
    assert not CommandKey.objects.exists()


def test_a_key_that_came_after_the_session_had_run_out_is_not_kept(admin, partner):
    session = admin.session
    session["signed_in_at"] = 0
    session.save()
    sent = add(admin, partner, jwk(d=THIRD))
    assert "/accounts/login/" in sent["Location"]
    assert not InterruptedPost.objects.exists() and not CommandKey.objects.exists()


@pytest.mark.parametrize(
    ("given", "status", "words", "typed"),
    [
        ("typed by mistake", 400, "not JSON", "typed by mistake"),
        (jwk(kid="two words"), 400, "needs an id", "two words"),
        (jwk(x=THIRD), 409, "stands for one key for ever", THIRD),
        (jwk(), 409, "there already", X),
    ],
)
def test_what_cannot_be_added_is_said_and_what_was_typed_stays(
    admin, partner, given, status, words, typed
):
    add(admin, partner, jwk())
    page = add(admin, partner, given)
    assert page.status_code == status and words in text(page) and typed in text(page)
    assert CommandKey.objects.count() == 1


def test_what_was_refused_is_counted_and_told_in_words(admin, partner):
    add(admin, partner, jwk())
    admin.post(address(partner, "require-signatures"))
    key = f"{partner.slug}.start_care"
    arrival = an_arrival(a_command(), user_id=partner.slug, routing_key=key)
    row = storing.store(arrival, partner=Partner.objects.get())
    page = text(admin.get(address(partner)))
    assert "<dd>1, 1 for their signature</dd>" in page and "Needs you" in page
    assert "Not signed, and signatures are required" in page and "Apply again" not in page
    refused = admin.post(address(partner, "restart"), {"message": row.pk})
    assert refused.status_code == 409 and "send it again, signed" in text(refused)
    admin.post(address(partner, "discard"), {"message": row.pk, "reason": "test_message"})
    assert "for their signature" not in text(admin.get(address(partner)))


def test_the_keys_of_another_clinics_partner_do_not_exist(cast, admin, partner):
    add(admin, partner, jwk())
    row = CommandKey.objects.get()
    Partner.objects.update(scope_key=cast.other_clinic.pk)
    by = cast.actor("clinic_admin")
    for act, data in (
        ("add-key", {"keys": json.dumps(jwk(kid="k2", x=THIRD))}),
        ("retire-key", {"key": row.pk}),
        ("require-signatures", {}),
        ("accept-unsigned", {}),
    ):
        assert admin.post(address(partner, act), data).status_code == 404
    with pytest.raises(NotFound):
        partner_systems.retire_command_key(partner, row.pk, by=by, door="portal")
    with pytest.raises(Forbidden):
        partner_systems.require_signatures(partner, by=cast.actor("coordinator"), door="portal")
    assert CommandKey.objects.active().count() == 1
    # Nor is a key of one partner retired at the page of another of the same clinic.
    own = Partner.objects.create(slug="own", name="Own", scope_key=cast.clinic.pk, client_id="own")
    assert admin.post(address(own, "retire-key"), {"key": row.pk}).status_code == 404


# --- At a shell -----------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_partner", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    given = {"one": jwk(), "two": a_set(jwk(kid="k2", x=THIRD)), "private": jwk(d=X), "text": "no"}
    for name, content in given.items():
        (tmp_path / name).write_text(json.dumps(content))
    return {name: str(tmp_path / name) for name in [*given, "missing"]}


def test_a_partner_is_made_with_keys_and_changes_them_at_a_shell(cast, files):
    run("ehr", "--clinic=apopka", "--command-key", files["one"], "--require-signatures")
    assert Partner.objects.get().commands_signed
    run("ehr", "--renew")
    assert Partner.objects.get().commands_signed
    run("ehr", "--renew", "--command-key", files["two"], "--retire-command-key", "k1")
    assert list(CommandKey.objects.active().values_list("kid", flat=True)) == ["k2"]
    run("ehr", "--renew", "--no-require-signatures", "--retire-command-key", "k2")
    assert not CommandKey.objects.active().exists()
    entries = AccessEntry.objects.order_by("pk").values_list("verb", "actor_kind", "door")
    assert {entry[1:] for entry in entries} == {("system", "command")}
    assert [verb for verb, _, _ in entries] == [
        "command_key_add", "signatures_require", "command_key_add", "command_key_retire",
        "signatures_accept_none", "command_key_retire",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--require-signatures",), "Add its public key first"),
        (("--command-key", "private"), "can sign as the partner"),
        (("--command-key", "text"), "Give one JSON Web Key"),
        (("--command-key", "missing"), "cannot be read"),
        (("--retire-command-key", "k1"), "no key k1"),
    ],
)
def test_the_command_says_why_not_and_makes_no_partner(cast, files, arguments, words):
    given = [files.get(argument, argument) for argument in arguments]
    with pytest.raises(CommandError, match=words):
        run("ehr", "--clinic=apopka", *given)
    assert not Partner.objects.exists()
