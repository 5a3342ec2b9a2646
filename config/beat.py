"""Celery beat that may be started twice: one leads, the others stand by.

The lead is a lock in Redis that its holder renews and that lapses by itself. When each entry last ran is kept in Redis
too, so whoever takes over goes on from there: nothing is fired twice, and what fell due meanwhile is fired once.
"""

import logging
from datetime import datetime
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from django.conf import settings
from django.utils import timezone
from redis import Redis
from redis.exceptions import LockError, RedisError

logger = logging.getLogger(__name__)

LEASE_SECONDS = 15
RENEWAL_SECONDS = 5


class SharedScheduler(Scheduler):
    max_interval = RENEWAL_SECONDS

    def __init__(self, app: Any, **kwargs: Any) -> None:
        prefix = app.conf.broker_transport_options.get("global_keyprefix", "")
        self._redis = Redis.from_url(settings.REDIS_URL.replace("redis+socket://", "unix://"), decode_responses=True)
        self._lock = self._redis.lock(f"{prefix}beat:lead", timeout=LEASE_SECONDS, thread_local=False)
        self._last_runs = f"{prefix}beat:last-runs"
        self._leading = False
        super().__init__(app, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Seconds until the next look. Without Redis nobody leads, and nothing could be sent either."""
        try:
            if not self._leads():
                return RENEWAL_SECONDS
            return float(super().tick(*args, **kwargs))
        except RedisError as problem:
            logger.warning("beat waits for Redis: %s", problem)
            self._leading = False
            return RENEWAL_SECONDS

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Written down after sending: killed in between, an entry is sent twice, which every task bears, never not."""
        super().apply_entry(entry, producer=producer)
        self._redis.hset(self._last_runs, entry.name, timezone.now().isoformat())

    def close(self) -> None:
        super().close()
        if self._leading:
            self._leading = False
            try:
                self._lock.release()
            except (LockError, RedisError) as problem:
                logger.warning("beat's lead was gone before it was given back: %s", problem)

    def _leads(self) -> bool:
        if self._leading:
            try:
                return bool(self._lock.reacquire())
            except LockError:
                self._leading = False
        if self._lock.acquire(blocking=False):
            self._leading = True
            logger.info("this beat leads now")
            self._go_on_from_last_runs()
        return self._leading

    def _go_on_from_last_runs(self) -> None:
        """An entry never seen before counts from now, not from whenever this process started."""
        for name, entry in self.schedule.items():
            self._redis.hsetnx(self._last_runs, name, timezone.now().isoformat())
            entry.last_run_at = datetime.fromisoformat(str(self._redis.hget(self._last_runs, name)))
        self._heap = None
