"""How allauth behaves here: closed sign-up, links from BASE_URL, mails of one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from portal.accounts.models import User
from referrals.encryption import open_bytes, seal_bytes

SECRETS_CONTEXT = "mfa.authenticator.data"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that portal.middleware.requests found; never a client's claim."""
        return getattr(request, "client_address", "") or "0.0.0.0"  # noqa: S104  no address

    def is_safe_url(self, url: str) -> bool:
        """Only a path of this site; no host, scheme, backslash or control character."""
        plain = url.startswith("/") and "\\" not in url and url.isprintable()
        return plain and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        uid, _, token = key.partition("-")
        return settings.BASE_URL + path.replace("UID", uid).replace("KEY", token)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return settings.BASE_URL + path

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: Mapping[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """A mail in plain text: one sentence, one link, the name of the portal."""
        given = {**context, "base_url": settings.BASE_URL}
        subject = render_to_string(f"{template_prefix}_subject.txt", given).strip()
        body = render_to_string(f"{template_prefix}_message.txt", given).strip() + "\n"
        to = [email] if isinstance(email, str) else email
        return EmailMessage(subject, body, self.get_from_email(), to, headers=headers)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of the second step are sealed in the database; names come from settings."""

    def encrypt(self, text: str) -> str:
        return seal_bytes(SECRETS_CONTEXT, text.encode()).hex()

    def decrypt(self, encrypted_text: str) -> str:
        return open_bytes(SECRETS_CONTEXT, bytes.fromhex(encrypted_text)).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.BASE_URL).hostname or "localhost", "name": "Tandem"}

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.email if isinstance(user, User) else str(user.pk)


class OIDCAdapter(DefaultOIDCAdapter):
    def get_issuer(self) -> str:
        return settings.BASE_URL
