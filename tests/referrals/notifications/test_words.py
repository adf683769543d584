"""A mail says that there is something to see, and where: for every row of the table."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.mail import get_connection

from referrals.models import Mail
from referrals.notifications import wording
from referrals.notifications.table import TOLD

ALLOWED = {wording.USUAL, *wording.SENTENCES.values()}


def written(what: str) -> str:
    mail = Mail(what=what, link="/referrals/0/", pk=uuid.uuid4())
    return wording.message(mail, "a@tests.example", get_connection()).message().as_string()


@pytest.mark.parametrize("what", [*TOLD, "digest"])
def test_a_mail_is_one_sentence_one_link_and_the_name(what: str) -> None:
    body = written(what).partition("\n\n")[2].strip().split("\n\n")
    assert body[0] in ALLOWED
    assert body[1] == "http://127.0.0.1:8000/referrals/0/"
    assert body[2:] == ["Tandem"]


@pytest.mark.parametrize("what", list(TOLD))
def test_no_header_tells_what_it_is_about(what: str) -> None:
    headers = written(what).partition("\n\n")[0]
    subject = re.search(r"^Subject: (.*)$", headers, re.MULTILINE)
    assert subject and subject[1] == wording.SUBJECT
    assert what not in headers


def test_the_message_id_is_the_rows() -> None:
    mail = Mail(what="accepted", link="/x/")
    ids = {wording.message(mail, "a@b.example", get_connection()).message()["Message-ID"]
           for _ in range(3)}  # fmt: skip
    assert ids == {f"<{mail.pk}@127.0.0.1>"}
