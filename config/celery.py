"""The Celery application. Beat's schedule is static; hours and ladders are data."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("par_plan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
