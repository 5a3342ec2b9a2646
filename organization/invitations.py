"""A link by which a person sets their first password, or a new one after forgetting it.

It works once and for settings.INVITATION_DAYS: its token covers the password and the last sign-in.
"""

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from audit import services as audit
from audit.models import Stream
from organization.models import User
from organization.refusals import Refused

MAIL = """Kính gửi {name},

Tài khoản PAR Plan mang mã công chức {code} đã sẵn sàng. Mở đường dẫn dưới đây để đặt mật khẩu và đăng nhập:

{link}

Đường dẫn dùng được một lần, trong {days} ngày. Không chuyển đường dẫn này cho người khác.
"""


class InvitationTokens(PasswordResetTokenGenerator):
    key_salt = "organization.invitations"


tokens = InvitationTokens()


def invite(user: User, actor: int | None) -> str:
    """The link, whole. Raises Refused for an account out of use."""
    if not user.is_active:
        raise Refused(f"Tài khoản {user.code} đã ngừng sử dụng. Mở lại tài khoản trước khi mời.")
    with audit.transaction():
        audit.record("person.invited", f"user:{user.pk}", agency=user.agency_id, actor=actor, stream=Stream.ACCESS)
    path = reverse(
        "organization:invitation", args=[urlsafe_base64_encode(force_bytes(user.pk)), tokens.make_token(user)]
    )
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def mail_invitation(user: User, link: str) -> bool:
    """Whether it went out; the link is shown as well, so nothing is lost where it did not."""
    body = MAIL.format(name=user.full_name, code=user.code, link=link, days=settings.INVITATION_DAYS)
    try:
        return bool(send_mail("Mời đăng nhập PAR Plan", body, None, [user.email]))
    except OSError:  # every error of smtplib and of the network
        return False


def invited(uidb64: str, token: str) -> User | None:
    """Whom the link is for, while it is good."""
    try:
        key = int(urlsafe_base64_decode(uidb64))
    except ValueError:
        return None
    user = User.objects.filter(pk=key, is_active=True).first() if key < 2**63 else None
    return user if user and tokens.check_token(user, token) else None


def accept(user: User, token: str, password: str) -> User:
    """Set the password. Raises Refused where another page has used the link meanwhile."""
    with audit.transaction():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if not locked.is_active or not tokens.check_token(locked, token):
            raise Refused("Đường dẫn này đã được dùng. Đăng nhập bằng mật khẩu đã đặt.")
        locked.set_password(password)
        locked.save()
        audit.record(
            "person.password_set", f"user:{locked.pk}", agency=locked.agency_id, actor=locked.pk, stream=Stream.ACCESS
        )
    return locked
