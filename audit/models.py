"""The ledger's table. A trigger refuses UPDATE, DELETE and TRUNCATE (see the migration)."""

from django.db import models


class Stream(models.TextChoices):
    WORK = "work", "Công việc"
    ACCESS = "access", "Truy cập"


class Entry(models.Model):
    """One line of the ledger. `text` is the canonical JSON that was written down; the columns repeat
    what is searched. No foreign keys: the ledger outlives what it speaks of, and locks nothing."""

    agency = models.BigIntegerField()
    stream = models.CharField(max_length=10, choices=Stream)
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.BigIntegerField(null=True)
    on_behalf_of = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "stream", "sequence"], name="entry_sequence"),
        ]
        indexes = [models.Index(fields=["subject", "id"], name="entry_subject")]

    def __str__(self) -> str:
        return f"{self.stream} {self.sequence}: {self.verb} {self.subject}"
