"""`python3 dev.py bench [--large]`: prints one JSON object; --large adds a million assignments."""

import argparse
import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from benchmarks import inbox, issuing, ledger, lifecycle, reminding

SIZES = (1_000, 100_000)


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench")
    parser.add_argument("--large", action="store_true", help="also a million assignments")
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    _fresh_database()
    try:
        call_command("migrate", verbosity=0)
        result: dict[str, object] = {
            "lifecycle": lifecycle.measure(options.rounds),
            "rounds": lifecycle.flat(),
            "ledger": ledger.measure(),
            "issuing": issuing.measure(),
            "inbox": {},
            "five_acts_ms": {},
        }
        sizes = [*SIZES, 1_000_000] if options.large else SIZES
        for size in sizes:
            result["inbox"][str(size)] = inbox.measure(size)  # type: ignore[index]
            result["five_acts_ms"][str(size)] = lifecycle.engine_alone(f"SIZE{size}")  # type: ignore[index]
        result["remind"] = reminding.measure()
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            result["postgresql"] = cursor.fetchone()[0]
        print(json.dumps(result, ensure_ascii=False, indent=2))
    finally:
        _drop_database()
    return 0


def _fresh_database() -> None:
    _drop_database()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{settings.DATABASES["default"]["NAME"]}"')


def _drop_database() -> None:
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{settings.DATABASES["default"]["NAME"]}"')


if __name__ == "__main__":
    sys.exit(main())
