"""Importing units and people: the sample, again, wrong rows, hostile files."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.timezone import localdate

from audit.models import Entry
from organization.enums import Role, UnitKind
from organization.models import Alias, LeaderInCharge, Letterhead, Post, Unit, User, WorkingDay
from organization.office_files import UnreadableError
from organization.people_file import read_people_file
from organization.people_import import import_people, rehearse
from tests.office import Office, make_person

pytestmark = pytest.mark.django_db
SAMPLE = settings.BASE_DIR / "samples" / "nhan-su-2024.xlsx"
PEOPLE = ["STT", "Mã công chức", "Họ và tên", "Đơn vị", "Chức vụ", "Email", "Điện thoại", "Từ ngày"]
UNITS = ["Mã", "Tên đơn vị", "Tên gọi khác", "Có thủ tục hành chính", "Lãnh đạo phụ trách (mã công chức)"]
Book = Callable[..., Path]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    def make(people: list[list[object]], units: list[list[object]] | None = None) -> Path:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        sheet.title = "Cán bộ"
        for row in [PEOPLE, *people]:
            sheet.append(row)
        sheet = workbook.create_sheet("Đơn vị")
        for row in [UNITS, *(units or [["VP", "Văn phòng"], ["KTN", "Phòng Kinh tế ngành"]])]:
            sheet.append(row)
        workbook.save(tmp_path / "nhan-su.xlsx")
        return tmp_path / "nhan-su.xlsx"

    return make


def person(code: object = "A1", name: object = "Lý Thị Ế", unit: object = "Văn phòng", title: object = "Chuyên viên",
           email: object = "a1@vidu.example", since: object = "01/01/2024") -> list[object]:  # fmt: skip
    return [1, code, name, unit, title, email, "0901", since]


def run(capsys: pytest.CaptureFixture[str], file: Path, **options: object) -> dict[str, object]:
    call_command("import_people", str(file), json=True, **options)
    return json.loads(capsys.readouterr().out)


def test_sample_becomes_units_people_and_posts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, SAMPLE) == {"units": 8, "people": 43, "problems": []}

    agency = Unit.objects.get(agency=None)
    assert agency.name == "Sở Kế hoạch và Đầu tư tỉnh Lạng Sơn"
    assert Letterhead.objects.get(agency=agency).superior == "UBND tỉnh Lạng Sơn"
    assert Unit.objects.get(kind=UnitKind.OFFICE).name == "Văn phòng"
    assert list(Unit.objects.filter(has_procedures=True).values_list("code", flat=True)) == ["ĐKKD", "ĐTTĐ", "KTĐN"]
    assert Alias.objects.filter(unit__code="VP").count() == 2
    assert WorkingDay.objects.filter(calendar__days__isnull=False).exists()
    assert LeaderInCharge.objects.get(unit__code="ĐKKD").leader.code == "LS0003"


def test_posts_follow_the_words_of_the_chuc_vu(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, SAMPLE)

    def roles(code: str) -> set[str]:
        return set(Post.objects.filter(user__code=code).values_list("role", flat=True))

    assert roles("LS0001") == {Role.DIRECTOR}
    assert roles("LS0002") == {Role.LEADER}
    assert roles("LS0004") == {Role.HEAD, Role.REVIEWER}
    assert roles("LS0005") == {Role.DEPUTY, Role.REVIEWER}
    assert roles("LS0006") == {Role.OFFICER}
    assert roles("LS0007") == {Role.FOCAL, Role.OFFICER, Role.REVIEWER}
    assert roles("LS0008") == {Role.CLERK}
    assert roles("LS0009") == {Role.HEAD}
    assert roles("LS0010") == {Role.DEPUTY}
    assert roles("LS0012") == {Role.FOCAL, Role.OFFICER}
    assert not Post.objects.filter(authorised=True).exists()


def test_two_people_may_share_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, SAMPLE)
    assert {user.code for user in User.objects.filter(full_name="Nguyễn Thị Lan")} == {"LS0008", "LS0031"}


def test_importing_again_makes_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, SAMPLE)
    before = [model.objects.count() for model in (Unit, User, Post, Alias, LeaderInCharge, WorkingDay)]

    assert run(capsys, SAMPLE) == {"units": 8, "people": 43, "problems": []}

    assert [model.objects.count() for model in (Unit, User, Post, Alias, LeaderInCharge, WorkingDay)] == before
    assert Entry.objects.filter(verb="people.imported").count() == 2


def test_importing_again_keeps_what_was_set_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, SAMPLE)
    Post.objects.filter(user__code="LS0015").update(authorised=True)
    officer = User.objects.get(code="LS0006")
    Post.objects.create(agency=officer.agency, user=officer, unit=officer.posts.get().unit, role=Role.REVIEWER,
                        since=date(2024, 1, 1))  # fmt: skip

    run(capsys, SAMPLE)

    assert Post.objects.get(user__code="LS0015").authorised
    assert Post.objects.get(user=officer, role=Role.REVIEWER).until is None


def test_new_chuc_vu_ends_the_one_before(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, book([person()]))
    run(capsys, book([person(unit="KTN", title="Trưởng phòng", since=localdate())]))

    user = User.objects.get(code="A1")
    assert user.posts.get(role=Role.OFFICER).until == localdate() - timedelta(days=1)
    assert list(user.posts.on(localdate()).values_list("unit__code", "role")) == [("KTN", Role.HEAD)]


def test_code_in_other_case_is_the_same_person(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, book([person("ls1")]))
    run(capsys, book([person("LS1", name="Lý Thị Ánh")]))

    assert User.objects.get().full_name == "Lý Thị Ánh"


def test_director_of_a_unit_is_its_head(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, book([person(unit="KTN", title="Giám đốc Trung tâm")]))

    assert User.objects.get().posts.get().role == Role.HEAD


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (person("A0"), "Mã công chức", "trùng với dòng 2"),
        (person(code=""), "Mã công chức", "chưa có mã người"),
        (person(name=None), "Họ và tên", "chưa có họ và tên"),
        (person(unit="Phòng Mây"), "Đơn vị", "“Phòng Mây” không phải tên một đơn vị"),
        (person(title="Thủ kho"), "Chức vụ", "chưa biết chức vụ “Thủ kho”"),
        (person(since="31/02/2024"), "Từ ngày", "“31/02/2024” không phải một ngày có thật"),
        (person(email="a1 vidu"), "Email", "“a1 vidu” không phải địa chỉ thư điện tử"),
        (person(name="=A1&A2"), "Họ và tên", "ô chứa công thức"),
        (person(name="<b>Lan</b>"), "Họ và tên", "có mã HTML"),
        (person(name="Lan " * 60), "Họ và tên", "quá 150 ký tự"),
    ],
)
def test_wrong_row_is_named_and_left_out(
    book: Book, capsys: pytest.CaptureFixture[str], row: list[object], column: str, words: str
) -> None:
    answer = run(capsys, book([person("A0"), row]))

    (problem,) = answer["problems"]
    assert (answer["people"], problem["row"], problem["column"]) == (1, 3, column)
    assert words in problem["message"]
    assert list(User.objects.values_list("code", flat=True)) == ["A0"]


def test_unknown_leader_leaves_the_unit_without_one(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(capsys, book([person()], [["VP", "Văn phòng", "", "", "A1"]]))

    assert answer["units"] == 1
    assert "A1 không phải một lãnh đạo" in answer["problems"][0]["message"]
    assert not LeaderInCharge.objects.exists()


def test_code_of_another_agency_is_refused(book: Book, other_office: Office) -> None:
    file = book([person(), person(other_office["officer"].code)])
    with file.open("rb") as stream:
        read = read_people_file(stream, 10**6)
    agency = Unit.objects.create(kind=UnitKind.AGENCY, code="S1", name="Sở 1")

    result = import_people(read, agency, None)

    assert [problem.column for problem in result.problems] == ["Mã công chức"]
    other_office["officer"].refresh_from_db()
    assert other_office["officer"].full_name == "Nguyễn Văn Hùng"


def test_import_touches_only_its_agency(
    capsys: pytest.CaptureFixture[str], office: Office, other_office: Office
) -> None:
    before = list(Post.objects.order_by("pk").values_list("pk", "until"))

    run(capsys, SAMPLE, agency="SKHĐT")

    assert (
        list(Post.objects.filter(pk__in=[pk for pk, _ in before]).order_by("pk").values_list("pk", "until")) == before
    )
    assert User.objects.filter(code="LS0001").get().agency == office.agency


def test_rehearsal_keeps_nothing(office: Office, book: Book) -> None:
    with book([person(), person("A2", title="Thủ kho")]).open("rb") as stream:
        result = rehearse(read_people_file(stream, 10**6), office.agency)

    assert (result.people, result.added, len(result.problems)) == (1, 1, 1)
    assert not User.objects.filter(code="A1").exists()


def test_no_usable_row_is_a_refusal_that_keeps_nothing(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("import_people", str(book([person(title="Thủ kho")])), json=True)

    assert refused.value.returncode == 1
    assert json.loads(capsys.readouterr().out)["people"] == 0
    assert not Unit.objects.exists()


def test_agency_may_be_another(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, book([person()]), agency="SNV", agency_name="Sở Nội vụ", place="Hà Giang")

    assert Letterhead.objects.get().place == "Hà Giang"
    assert make_person(Unit.objects.get(code="VP"), "Vi Thị Sơn", Role.CLERK).agency.code == "SNV"


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(SAMPLE) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, parts.pop(name, None) or source.read(name))
        for name, content in parts.items():
            target.writestr(name, content)
    return out.getvalue()


def bomb() -> bytes:
    return packed(**{"xl/worksheets/sheet1.xml": b"<worksheet>" + b" " * 30_000_000 + b"</worksheet>"})


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: b"", "Tệp rỗng"),
        (lambda: b"<html><table></table></html>", "không phải Word"),
        (lambda: b"%PDF-1.7", "không phải Word"),
        (lambda: b"PK\x03\x04 not a zip", "bị hỏng"),
        (lambda: SAMPLE.read_bytes()[:3000], "bị hỏng"),
        (bomb, "nén bất thường"),
        (lambda: packed(**{"xl/worksheets/sheet1.xml": ENTITIES}), "DOCTYPE"),
        (lambda: packed(**{"xl/worksheets/sheet1.xml": ENTITIES.decode().encode("utf-16")}), "DOCTYPE"),
        (lambda: packed(**{"xl/vbaProject.bin": b"macro"}), "macro"),
        (lambda: packed(**{"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"}), "bị hỏng"),
        (lambda: OLE, "mật khẩu"),
        (lambda: SAMPLE.read_bytes() + bytes(3_000_000), "quá giới hạn"),
        ((SAMPLE.parent / "ke-hoach-2024.docx").read_bytes, "phải là tệp Excel"),
        ((SAMPLE.parent / "phu-luc-2024.xlsx").read_bytes, "Không tìm thấy bảng cán bộ"),
    ],
)
def test_useless_file_is_a_sentence_and_keeps_nothing(content: Callable[[], bytes], words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_people_file(io.BytesIO(content()), 2_000_000)


def test_cell_far_away_is_not_walked_to(tmp_path: Path) -> None:
    far = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    far += b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    with pytest.raises(UnreadableError, match="Không tìm thấy"):
        read_people_file(io.BytesIO(packed(**{"xl/worksheets/sheet1.xml": far})), 2_000_000)


def test_command_says_that_a_file_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"no")
    for name in ("x.xlsx", "not-there.xlsx"):
        with pytest.raises(CommandError) as refused:
            call_command("import_people", str(tmp_path / name), json=True)
        answer = json.loads(capsys.readouterr().out)
        assert (refused.value.returncode, answer["people"], len(answer["problems"])) == (2, 0, 1)
    assert not Unit.objects.exists()
