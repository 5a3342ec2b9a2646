"""A Celery application with one quick schedule, for the beats that test_beat.py starts."""

import os

import django
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

app = Celery("ticking", broker=os.environ["REDIS_URL"])
app.conf.beat_scheduler = "config.beat:SharedScheduler"
app.conf.beat_schedule = {"tick": {"task": "tests.tick", "schedule": 1.0}}
app.conf.broker_transport_options = {"global_keyprefix": os.environ["TICKING_PREFIX"]}
app.conf.task_default_queue = "ticks"
