"""Work that a clock starts. It may run late, twice, or on two machines."""

import logging

from celery import shared_task

from audit import anchoring

logger = logging.getLogger(__name__)


# what is not sent is tried again for some hours; tomorrow's heads stand for today's as well
@shared_task(
    name="audit.tasks.mail_heads", autoretry_for=(OSError,), retry_backoff=60, retry_backoff_max=3600, max_retries=8
)
def mail_heads() -> None:
    """The ledger's heads leave the database."""
    logger.info("ledger: heads mailed to %d addresses", anchoring.mail_heads())
