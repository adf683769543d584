"""People and how they sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added
        from django.contrib.auth.signals import user_logged_in

        from portal.accounts.second_step import confirm_new
        from portal.middleware.sessions import remember_start

        user_logged_in.connect(remember_start, dispatch_uid="session clock")
        authenticator_added.connect(confirm_new, dispatch_uid="second step")
