"""Heads that leave the database, so that even a chain computed anew as a whole is found (`verify_ledger --anchor`)."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.timezone import localtime, now

from audit.verification import Head, heads

MAIL = """Mã đầu chuỗi của nhật ký thao tác lúc {at}.

Giữ thư này ở ngoài hệ thống. Khi cần kiểm tra, lưu thư thành tệp rồi chạy: manage verify_ledger --anchor TỆP

{lines}
"""


def anchor_text(found: list[Head]) -> str:
    """What an anchor file holds: the moment, then a head a line."""
    return f"# {localtime(now()).isoformat(timespec='seconds')}\n" + "".join(f"{head}\n" for head in found)


def mail_heads() -> int:
    """Send the heads to the list in settings.LEDGER_MAIL; returns to how many. Raises OSError where mail cannot go."""
    found = heads()
    if not settings.LEDGER_MAIL or not found:
        return 0
    at = localtime(now())
    body = MAIL.format(at=f"{at:%H:%M ngày %d/%m/%Y}", lines="\n".join(map(str, found)))
    subject = f"Mã đầu chuỗi nhật ký ngày {at:%d/%m/%Y}"
    return len(settings.LEDGER_MAIL) * EmailMessage(subject, body, to=settings.LEDGER_MAIL).send()
