"""The ledger's table. A trigger refuses UPDATE, DELETE and TRUNCATE (see the migration)."""

from django.db import models


class Stream(models.TextChoices):
    WORK = "work", "Công việc"
    ACCESS = "access", "Truy cập"


class Entry(models.Model):
    """One line of the ledger. `text` is the canonical JSON that was written down and hashed; the columns
    repeat what is searched. No foreign keys: the ledger outlives what it speaks of, and locks nothing.

    `hash` is the SHA-256 of `previous`, a line feed and `text` in UTF-8, in hexadecimal; `previous` is the
    hash of the line before in the same agency and stream, sixty-four zeros for the first.
    """

    agency = models.BigIntegerField()
    stream = models.CharField(max_length=10, choices=Stream)
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.BigIntegerField(null=True)
    on_behalf_of = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=45, blank=True)
    text = models.TextField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "stream", "sequence"], name="entry_sequence"),
        ]
        indexes = [models.Index(fields=["subject", "id"], name="entry_subject")]

    def __str__(self) -> str:
        return f"{self.stream} {self.sequence}: {self.verb} {self.subject}"
