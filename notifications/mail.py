"""One e-mail a person and day: gathered into rows, claimed with a lease, sent, written down.

Nothing here is remembered outside the database: a broker that loses a message or a process that is
killed costs time. Killed between claim and send, the lease ends and another sends it. Killed between
send and writing down, it is sent again under the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import Q
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils.timezone import localdate, localtime, now

from notifications.models import Channel, Delivery
from notifications.registry import still_true
from notifications.selectors import Row, in_words
from organization.vietnamese import counted, short_date

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)  # longer than a server may draw out one message
PAUSES = [timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240, 360)]
GIVE_UP = timedelta(days=3)
LONG_AGO = timedelta(days=30)  # a notice that old was never meant to be mailed: its person had no address then
MOST = 100  # notices written out in one message; the rest are counted and wait in the product

GATHER = """
WITH made AS (
    INSERT INTO notifications_delivery (agency_id, "to_id", channel, "on", message_id, attempts, next_at, error)
    SELECT person.agency_id, person.id, %(channel)s, %(today)s, '<' || gen_random_uuid() || '@' || %(domain)s || '>', 0, %(now)s, ''
    FROM organization_user person
    JOIN organization_agencysettings settings ON settings.agency_id = person.agency_id
    LEFT JOIN working_day day ON day.calendar_id = settings.calendar_id AND day.day = %(today)s
    WHERE person.is_active AND person.email <> '' AND coalesce(day.works, true)
      AND EXISTS (SELECT FROM notifications_notice notice WHERE notice.to_id = person.id AND notice.delivery_id IS NULL
                  AND notice.read_at IS NULL AND notice.at > %(since)s)
    ON CONFLICT DO NOTHING
    RETURNING id, to_id
)
UPDATE notifications_notice notice SET delivery_id = made.id
FROM made WHERE notice.to_id = made.to_id AND notice.delivery_id IS NULL AND notice.read_at IS NULL AND notice.at > %(since)s
"""


class Unreachable(Exception):
    """The mail server cannot be reached: there is no use in trying the next message now."""


def gather(at: datetime) -> int:
    """Put what is owed by mail into today's deliveries; what comes after a person's waits for tomorrow's.

    Nothing before the hour of the day, nor on days off. Returns how many notices ride.
    """
    if localtime(at).time() < time.fromisoformat(settings.MAIL_DAILY_AT):
        return 0
    values: dict[str, Any] = {
        "channel": Channel.MAIL.value,
        "today": localdate(at),
        "now": at,
        "since": at - LONG_AGO,
        "domain": _domain(),
    }
    with connection.cursor() as cursor:
        cursor.execute(GATHER, values)
        return cursor.rowcount


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def claim(at: datetime) -> Delivery | None:
    """The next message that is due, leased to the caller; None where there is none."""
    due = Delivery.objects.filter(sent_at=None, failed_at=None, withdrawn_at=None, next_at__lte=at)
    free = due.filter(Q(leased_until=None) | Q(leased_until__lte=at)).order_by("next_at", "pk")
    with transaction.atomic():
        delivery = free.select_for_update(skip_locked=True).first()
        if delivery is None:
            return None
        delivery.leased_until, delivery.attempts = at + LEASE, delivery.attempts + 1
        delivery.save(update_fields=["leased_until", "attempts"])
        return delivery


def send_due(until: datetime) -> int:
    """Send what is due until nothing is, the server is away, or it is `until`. Returns how many went out."""
    sent = 0
    line = get_connection()
    try:
        while now() < until and (delivery := claim(now())):
            sent += _deliver(delivery, line)
    except Unreachable:
        logger.warning("the mail server cannot be reached; what is due stays due")
    finally:
        line.close()
    return sent


def _deliver(delivery: Delivery, line: BaseEmailBackend) -> bool:
    """Send one claimed message and write down what became of it."""
    rows = _rows(delivery)
    if not rows:
        _end(delivery, withdrawn_at=now())
        return False
    if not delivery.to.email or not delivery.to.is_active:
        _end(delivery, failed_at=now(), error="Người nhận không còn địa chỉ thư điện tử hoặc đã ngừng sử dụng.")
        return False
    try:
        line.open()
        line.send_messages([message(delivery, rows)])
    except ValueError as error:  # an address or a header that no mail can carry
        _end(delivery, failed_at=now(), error=f"Không gửi được tới địa chỉ “{delivery.to.email}”: {error}")
        return False
    except smtplib.SMTPRecipientsRefused as refusal:
        line.close()
        _refused(delivery, refusal.recipients)
        return False
    except (smtplib.SMTPException, OSError) as error:
        line.close()
        _try_later(delivery, f"{type(error).__name__}: {error}")
        if _is_away(error):
            raise Unreachable from error
        return False
    _end(delivery, sent_at=now(), error="")
    return True


def _is_away(error: Exception) -> bool:
    """Whether the next message would meet the same: true of all but what a server says of one message."""
    return not isinstance(error, (smtplib.SMTPSenderRefused, smtplib.SMTPDataError))


def _rows(delivery: Delivery) -> list[Row]:
    """What the message says: those of its notices whose matter still stands, newest first."""
    notices = list(delivery.notices.order_by("-at", "-pk"))
    true = still_true(notices)
    return in_words(notice for notice in notices if notice.pk in true)


def message(delivery: Delivery, rows: list[Row]) -> EmailMultiAlternatives:
    context = {
        "person": delivery.to,
        "rows": rows[:MOST],
        "more": len(rows[MOST:]),
        "base": settings.BASE_URL,
        "on": delivery.on,
    }
    mail = EmailMultiAlternatives(
        _subject(delivery, rows), _plain("notifications/mail/daily.txt", context), to=[delivery.to.email],
        headers={"Message-ID": delivery.message_id, "Auto-Submitted": "auto-generated", "Content-Language": "vi"},
    )  # fmt: skip
    mail.attach_alternative(render_to_string("notifications/mail/daily.html", context), "text/html")
    return mail


def _plain(name: str, context: dict[str, Any]) -> str:
    """A template of plain text: nothing in it is markup, so nothing is escaped."""
    return Engine.get_default().get_template(name).render(Context(context, autoescape=False))


def _subject(delivery: Delivery, rows: list[Row]) -> str:
    if len(rows) == 1:
        return " ".join(rows[0].said.title.split())
    return f"{counted(len(rows))} thông báo ngày {short_date(delivery.on)}"


def _refused(delivery: Delivery, recipients: Mapping[str, tuple[int, bytes]]) -> None:
    """An address that is refused for good is not tried again; one that is refused for now is."""
    code, words = next(iter(recipients.values()))
    text = f"{code} {words.decode(errors='replace')}"
    if 500 <= code < 600:
        logger.error("delivery %d: the address is refused: %s", delivery.pk, text)
        _end(delivery, failed_at=now(), error=text)
    else:
        _try_later(delivery, text)


def _try_later(delivery: Delivery, error: str) -> None:
    at = now()
    if at > _start_of(delivery) + GIVE_UP:
        logger.error("delivery %d: given up: %s", delivery.pk, error)
        _end(delivery, failed_at=at, error=error)
    else:
        _end(delivery, next_at=at + PAUSES[min(delivery.attempts, len(PAUSES)) - 1], error=error)


def _start_of(delivery: Delivery) -> datetime:
    return datetime.combine(delivery.on, time.fromisoformat(settings.MAIL_DAILY_AT), ZoneInfo(settings.TIME_ZONE))


def _end(delivery: Delivery, **facts: Any) -> None:
    """Write down what became of it and give the lease back."""
    Delivery.objects.filter(pk=delivery.pk, sent_at=None).update(leased_until=None, **facts)


def send_again(delivery: Delivery) -> None:
    """Start a message anew that was given up, at once and for another three days."""
    Delivery.objects.filter(pk=delivery.pk, sent_at=None).update(
        failed_at=None, next_at=now(), attempts=0, leased_until=None
    )
