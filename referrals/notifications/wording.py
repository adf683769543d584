"""What a mail says: that there is something to see, and where. Nothing else, ever."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django.utils.http import http_date

from referrals.models import Mail

SUBJECT = "Tandem: something to see"
USUAL = "There is something new for you to see."
SENTENCES: dict[str, str] = {
    "danger": "Something needs you now.",
    "digest": "There are new things for you to see.",
    "invitation": "You are invited to Tandem.",
}


def message(mail: Mail, address: str, connection: BaseEmailBackend) -> EmailMessage:
    """One sentence, one link, the portal's name. The Message-ID is the row's, always."""
    sentence = SENTENCES.get(mail.what, USUAL)
    link = f"{settings.BASE_URL}{mail.secret_link or mail.link}"
    return EmailMessage(
        SUBJECT,
        f"{sentence}\n\n{link}\n\nTandem\n",
        None,
        [address],
        connection=connection,
        headers={
            "Message-ID": message_id(mail),
            "Date": http_date(timezone.now().timestamp()),
            "Auto-Submitted": "auto-generated",
        },
    )


def message_id(mail: Mail) -> str:
    return f"<{mail.pk}@{urlsplit(settings.BASE_URL).hostname}>"
