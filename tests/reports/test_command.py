"""`manage compile_report`."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from reports import services
from reports.enums import PeriodCode
from reports.models import Compilation
from tests.office import Office, make_plan
from tests.reports.conftest import compiled, present

pytestmark = pytest.mark.django_db


def run(plan: int, out: Path, period: str = "nam", **options: Any) -> dict[str, Any]:
    said = io.StringIO()
    call_command("compile_report", plan=str(plan), period=period, out=out, json=True, stdout=said, **options)
    found: dict[str, Any] = json.loads(said.getvalue())
    return found


def refused(*args: Any, **options: Any) -> CommandError:
    with pytest.raises(CommandError) as caught:
        run(*args, **options)
    return caught.value


def test_files_are_written_and_digested(office: Office, tmp_path: Path) -> None:
    plan = make_plan(office).plan
    found = run(plan.pk, tmp_path / "new", "9-thang")
    version = Compilation.objects.get()
    assert list(found) == ["report", "files", "digest"]
    assert (found["report"], found["digest"]) == (version.report_id, version.digest)
    words, sheets = (Path(path).read_bytes() for path in found["files"])
    both = hashlib.sha256(words).digest() + hashlib.sha256(sheets).digest()
    assert hashlib.sha256(both).hexdigest() == found["digest"]
    assert (version.by, version.signer) == (office["chief"], office["leader"])


def test_named_people_ask_and_sign(office: Office, tmp_path: Path) -> None:
    run(make_plan(office).plan.pk, tmp_path, by=office["reviewer"].code, signer=office["director"].code)
    version = Compilation.objects.get()
    assert (version.by, version.signer) == (office["reviewer"], office["director"])


def test_report_that_leadership_has_is_handed_out_as_it_is(office: Office, tmp_path: Path) -> None:
    version = compiled(office)
    sign = present(office, version)
    assert run(version.report.plan_id, tmp_path)["digest"] == version.digest
    services.approve(sign.pk, office.rights("leader"), seen=version.digest)
    assert run(version.report.plan_id, tmp_path)["digest"] == version.digest
    assert Compilation.objects.count() == 1


def test_version_that_was_asked_for_is_taken_up(office: Office, tmp_path: Path) -> None:
    asked = services.request_report(
        make_plan(office).plan, PeriodCode.YEAR, office["leader"], office.rights("reviewer")
    )
    found = run(asked.report.plan_id, tmp_path)
    assert (found["digest"], Compilation.objects.count()) == (Compilation.objects.get().digest, 1)


def test_refusal_says_why(office: Office, tmp_path: Path) -> None:
    error = refused(make_plan(office).plan.pk, tmp_path, by=office["head"].code)
    assert (error.returncode, str(error)) == (1, "Bạn không có quyền thực hiện thao tác này.")


@pytest.mark.parametrize(
    ("changed", "word"),
    [({"plan": "0"}, "--plan"), ({"plan": "một"}, "--plan"), ({"period": "quy-5"}, "--period"), ({"by": "KHONG"}, "--by"),
     ({"signer": "KHONG"}, "--signer")],
)  # fmt: skip
def test_arguments_that_cannot_be_read(office: Office, tmp_path: Path, changed: dict[str, str], word: str) -> None:
    error = refused(**{"plan": make_plan(office).plan.pk, "out": tmp_path} | changed)
    assert error.returncode == 2
    assert word in str(error)
    assert not Compilation.objects.exists()


def test_folder_that_cannot_be_made(office: Office, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refused(make_plan(office).plan.pk, tmp_path / "file").returncode == 2


def test_people_of_another_agency_cannot_be_named(office: Office, other_office: Office, tmp_path: Path) -> None:
    error = refused(make_plan(office).plan.pk, tmp_path, by=other_office["reviewer"].code)
    assert error.returncode == 2
