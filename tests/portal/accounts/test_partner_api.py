"""`/api/v1/partners/`: the partners of one's own clinics, by session for whatever changes."""

from __future__ import annotations

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import Delivery, Partner
from portal.accounts import partners, tokens
from referrals.access.models import AccessEntry
from referrals.lifecycle import State
from tests.referrals.api.test_walk import client, post
from tests.walks import referral_at

URL = "/api/v1/partners/"
NEW = {"clinic": "apopka", "slug": "main-street", "name": "Main Street EHR"}


@pytest.fixture
def admin(cast):
    return client(cast.clinic_admin)


def test_the_list_has_ones_own_partners_with_their_figures(cast, admin, partner):
    referral_at(State.IN_REVIEW, cast)
    Delivery.objects.filter(key_seq=1).update(status="parked")
    Partner.objects.create(
        slug="foreign", name="Foreign", scope_key=cast.other_clinic.pk, client_id="foreign"
    )
    (one,) = admin.get(URL).json()["results"]
    assert (one["slug"], one["clinic"], one["events"]) == ("ehr-tests", "apopka", [])
    figures = one["figures"]
    assert (figures["waiting"], figures["parked"], figures["commands_done"]) == (1, 1, 0)
    assert 0 <= figures["oldest_waiting_seconds"] < 600
    assert "secret" not in one


def test_the_number_of_statements_does_not_grow(cast, admin, partner):
    admin.get(URL)
    with CaptureQueriesContext(connection) as before:
        admin.get(URL)
    for n in range(5):
        Partner.objects.create(
            slug=f"more-{n}", name="More", scope_key=cast.clinic.pk, client_id=f"more-{n}"
        )
    with CaptureQueriesContext(connection) as after:
        assert len(admin.get(URL).json()["results"]) == 6
    assert len(after) == len(before)


def test_a_partner_is_made_with_its_secret_in_the_answer_alone(cast, admin):
    made = post(admin, URL, {**NEW, "events": ["accepted"], "scopes": ["events:read"]})
    assert made.status_code == 201, made.content
    body = made.json()
    assert OAuthClient.objects.get(pk="main-street").check_secret(body["secret"])
    assert (body["scopes"], body["events"]) == (["events:read"], ["accepted"])
    assert made["Location"].endswith(f"{URL}{body['id']}/")
    again = admin.get(f"{URL}{body['id']}/").json()
    assert again == {name: value for name, value in body.items() if name != "secret"}


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"slug": "ehr-tests"}, "/slug"),
        ({"slug": "Not A Slug"}, "/slug"),
        ({"clinic": "winter-park"}, "/clinic"),
        ({"events": ["nothing"]}, "/events"),
        ({"scopes": ["everything"]}, "/scopes"),
        ({"name": ""}, "/name"),
        ({"secret": "mine"}, "/secret"),
    ],
)
def test_what_is_wrong_is_a_problem_with_a_pointer(cast, admin, partner, changed, pointer):
    refused = post(admin, URL, {**NEW, **changed})
    assert refused.status_code == 400
    assert refused["Content-Type"].startswith("application/problem+json")
    assert refused.json()["errors"][0]["pointer"].startswith(pointer)
    assert Partner.objects.count() == 1


def test_a_partner_is_changed(admin, partner):
    def change(data):
        return admin.patch(f"{URL}{partner.pk}/", data, content_type="application/json")

    assert change({"paused": True, "events": ["declined"]}).json()["paused"] is True
    assert change({"active": False, "paused": False}).json()["active"] is False
    partner.refresh_from_db()
    assert (partner.active, partner.paused, partner.events) == (False, False, ["declined"])
    assert change({"events": ["nothing"]}).json()["errors"][0]["pointer"] == "/events"
    assert change({"slug": "other"}).status_code == 400


def test_a_new_secret_ends_the_old_one(admin, partner, client):
    old = partners.new_secret()
    partners.register_client(partner, old)

    def token(secret):
        data = {"grant_type": "client_credentials", "client_id": partner.client_id,
                "client_secret": secret}  # fmt: skip
        return client.post("/identity/o/api/token", data).status_code

    assert token(old) == 200
    answer = post(admin, f"{URL}{partner.pk}/renew-secret/", {})
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    assert token(answer.json()["secret"]) == 200
    assert token(old) == 401
    assert AccessEntry.objects.filter(verb="partner_renew", door="api").count() == 1


@pytest.mark.parametrize("part", ["physician", "coordinator", "privacy"])
def test_it_is_for_the_clinics_administrator(cast, partner, part):
    for answer in (
        client(getattr(cast, part)).get(URL),
        client(getattr(cast, part)).get(f"{URL}{partner.pk}/"),
        post(client(getattr(cast, part)), URL, NEW),
    ):
        assert answer.status_code == 403


def test_a_partner_elsewhere_looks_like_one_that_does_not_exist(cast, admin, partner):
    Partner.objects.update(scope_key=cast.other_clinic.pk)
    assert admin.get(f"{URL}{partner.pk}/").status_code == 404


def test_a_personal_token_reads_and_makes_nothing(cast, client, partner):
    _, secret = tokens.make(user=cast.clinic_admin, name="Script", days=9)
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get(URL, headers=headers).status_code == 200
    refused = client.post(URL, NEW, content_type="application/json", headers=headers)
    assert refused.status_code == 403 and Partner.objects.count() == 1
