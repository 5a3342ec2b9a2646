"""Who signed in, signed out, failed to, or changed a password stands in the ledger."""

from typing import Any

from allauth.account.signals import password_changed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from audit import services as audit
from audit.models import Stream
from organization.models import User

NO_AGENCY = 0  # whoever typed a code that nobody has


def _write(verb: str, user: User) -> None:
    with audit.transaction():
        audit.record(verb, f"user:{user.pk}", agency=user.agency_id, actor=user.pk, stream=Stream.ACCESS)


@receiver(user_logged_in)
def signed_in(user: User, **_: Any) -> None:
    _write("person.signed_in", user)


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    if user:
        _write("person.signed_out", user)


@receiver(password_changed)
def changed_password(user: User, **_: Any) -> None:
    _write("person.password_changed", user)


@receiver(user_login_failed)
def failed(credentials: dict[str, Any], **_: Any) -> None:
    """What was typed is not kept: it may be a password in the wrong field."""
    user = User.objects.filter(code__iexact=credentials.get("username") or "").first()
    with audit.transaction():
        audit.record(
            "person.sign_in_failed", f"user:{user.pk if user else 0}", agency=user.agency_id if user else NO_AGENCY,
            actor=None, stream=Stream.ACCESS,
        )  # fmt: skip
