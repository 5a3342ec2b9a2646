"""The product's settings with the textbook flow beside it, and a database of its own."""

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks"]
DATABASES = {"default": DATABASES["default"] | {"NAME": "par_bench"}}
# nothing is collected for a bench
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
