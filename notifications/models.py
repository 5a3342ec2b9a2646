"""What is owed to people, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from organization.models import Unit


class Channel(models.TextChoices):
    MAIL = "mail", "Thư điện tử"


class Delivery(models.Model):
    """One message to one person by one channel on one day; notices ride on it."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)
    on = models.DateField()
    message_id = models.CharField(max_length=200)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    # nothing it was to say still stood when its turn came
    withdrawn_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["to", "channel", "on"], name="one_message_a_day")]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(sent_at=None, failed_at=None, withdrawn_at=None), name="delivery_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.on} → {self.to_id}"


class Notice(models.Model):
    """A row owed to one person. `kind` is registered by the room above that knows how to say it."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    key = models.CharField(max_length=150, unique=True)
    params = models.JSONField(default=dict)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, related_name="notices")

    class Meta:
        indexes = [
            models.Index(fields=["to", "-at"], name="notice_newest"),
            models.Index(fields=["to"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["to"], condition=Q(delivery=None), name="notice_unmailed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.to_id}"
