"""The Django application."""

from __future__ import annotations

from django.apps import AppConfig


class Web(AppConfig):
    """Connects the signals of sign-in and passkeys."""

    name = "raudit.web"
    label = "web"

    def ready(self) -> None:
        """Listen to what allauth says about passkeys and failed sign-ins."""
        from raudit.web import accounts

        accounts.listen()
