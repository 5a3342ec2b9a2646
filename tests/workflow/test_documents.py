"""Documents of the work: who may open them, and how they are put beside a case and taken off again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from audit import services as audit
from audit.models import Entry, Stream
from evidence.models import Document, DocumentFile, Use
from evidence.services import store_document
from organization.enums import Role
from tests.evidence import files
from tests.evidence.files import upload
from tests.office import Office, last_digest, make_assignment, make_person, open_step, walk
from tests.threads import race
from workflow import documents, services
from workflow.documents import ALREADY_HANDED_IN
from workflow.errors import Refused
from workflow.models import Assignment, Submission

pytestmark = pytest.mark.django_db
GOOD = {
    "number": "386/BC-SKHĐT",
    "dated": "06/11/2024",
    "issuer": "Sở Kế hoạch và Đầu tư",
    "abstract": "Báo cáo rà soát",
}
LIST_QUERIES = 11


def signed_in(office: Office, name: str = "officer") -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def store(office: Office, by: str = "officer", subject: str | None = None, **said: Any) -> DocumentFile:
    with audit.transaction():
        facts = {"number": "386/BC-SKHĐT", "dated": date(2024, 11, 6), "issuer": "Sở", "abstract": "Báo cáo"} | said
        document = store_document(
            agency_id=office.agency.pk, by=office[by], files=[upload(name="Báo cáo.pdf")], subject=subject, **facts
        )
    return document.files.get()


def in_hand(office: Office, until: str = "execute") -> Assignment:
    assignment = make_assignment(office)
    walk(office, assignment, until)
    return assignment


def add(client: Client, assignment: Assignment, *uploads: Any, htmx: bool = False, **said: str) -> Any:
    headers = {"hx-request": "true"} if htmx else {}
    return client.post(f"/nhiem-vu/{assignment.pk}/tai-lieu/", GOOD | {"uploads": uploads or [upload()]} | said, headers=headers)  # fmt: skip


def beside(assignment: Assignment) -> list[str]:
    return list(Document.objects.filter(uses__subject=f"case:{assignment.pk}").order_by("uses__id").values_list("abstract", flat=True))  # fmt: skip


# --- downloading


def test_download_is_the_file_as_an_attachment_that_no_browser_runs(office: Office) -> None:
    file = store(office)
    answer = signed_in(office).get(f"/tai-lieu/{file.pk}/")
    assert b"".join(answer.streaming_content) == files.PDF
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''B%C3%A1o%20c%C3%A1o.pdf"
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "application/pdf")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (answer["Cache-Control"], answer["Content-Length"]) == ("private, no-store", str(len(files.PDF)))


def test_download_is_written_in_the_ledger_of_access(office: Office) -> None:
    file = store(office)
    signed_in(office).head(f"/tai-lieu/{file.pk}/")
    assert not Entry.objects.filter(verb="document.downloaded").exists()
    signed_in(office).get(f"/tai-lieu/{file.pk}/")
    entry = Entry.objects.get(verb="document.downloaded")
    assert (entry.stream, entry.actor) == (Stream.ACCESS, office["officer"].pk)


@pytest.mark.parametrize(
    ("name", "status"),
    [("officer", 200), ("colleague", 200), ("head", 200), ("reviewer", 200), ("leader", 200), ("viewer", 200), ("clerk", 200),
     ("other_officer", 404), ("other_head", 404), ("administrator", 404)],
)  # fmt: skip
def test_document_of_a_case_is_open_to_those_who_see_the_case(office: Office, name: str, status: int) -> None:
    file = store(office, subject=f"case:{in_hand(office).pk}")
    assert signed_in(office, name).get(f"/tai-lieu/{file.pk}/").status_code == status


def test_document_of_another_agency_is_not_found_by_anybody(office: Office, other_office: Office) -> None:
    file = store(office, subject=f"case:{in_hand(office).pk}")
    for name in other_office.people:
        assert signed_in(other_office, name).get(f"/tai-lieu/{file.pk}/").status_code == 404


def test_document_beside_nothing_is_open_to_who_brought_it_only(office: Office) -> None:
    file = store(office, subject="plan:12")
    assert signed_in(office).get(f"/tai-lieu/{file.pk}/").status_code == 200
    assert signed_in(office, "chief").get(f"/tai-lieu/{file.pk}/").status_code == 404


def test_signed_plan_is_open_to_the_agency_but_not_to_its_administrator(office: Office, other_office: Office) -> None:
    file = store(office, "chief")
    plan = make_assignment(office).case.plan
    plan.signed_document = file.document
    plan.save()
    url = f"/tai-lieu/{file.pk}/"
    assert signed_in(office, "other_officer").get(url).status_code == 200
    assert signed_in(office, "administrator").get(url).status_code == 404
    assert signed_in(other_office, "chief").get(url).status_code == 404


def test_document_taken_off_a_case_stays_open_through_the_submission_that_names_it(office: Office) -> None:
    assignment = in_hand(office)
    file = store(office, subject=f"case:{assignment.pk}")
    review = walk(office, assignment, "review")
    services.return_work(review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Thay bản ký")
    signed_in(office).post(f"/nhiem-vu/{assignment.pk}/tai-lieu/{file.document_id}/bo/")
    assert beside(assignment) == []
    assert Submission.objects.get().documents.count() == 1
    assert signed_in(office, "reviewer").get(f"/tai-lieu/{file.pk}/").status_code == 200
    assert signed_in(office, "other_officer").get(f"/tai-lieu/{file.pk}/").status_code == 404


def test_file_that_is_gone_from_the_storage_is_not_found_and_not_written_as_taken(office: Office) -> None:
    file = store(office)
    file.file.storage.delete(file.file.name)
    assert signed_in(office).get(f"/tai-lieu/{file.pk}/").status_code == 404
    assert not Entry.objects.filter(verb="document.downloaded").exists()


def test_nobody_downloads_without_signing_in(office: Office) -> None:
    assert Client().get(f"/tai-lieu/{store(office).pk}/").status_code == 302


# --- adding and taking off


def test_officer_adds_a_document_and_comes_back(office: Office) -> None:
    assignment = in_hand(office)
    answer = add(signed_in(office), assignment, upload(), upload(files.PNG, "ảnh.png"), next="/buoc/7/")
    assert (answer.status_code, answer["Location"]) == (302, "/buoc/7/")
    document = Document.objects.get()
    assert (document.number, document.dated, document.by) == ("386/BC-SKHĐT", date(2024, 11, 6), office["officer"])
    assert [file.name for file in document.files.all()] == ["bao-cao.pdf", "ảnh.png"]
    assert beside(assignment) == ["Báo cáo rà soát"]


@pytest.mark.parametrize("outside", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_coming_back_never_leads_outside(office: Office, outside: str) -> None:
    assignment = in_hand(office)
    assert add(signed_in(office), assignment, next=outside)["Location"] == f"/nhiem-vu/{assignment.pk}/"


def test_htmx_brings_the_panel_alone(office: Office) -> None:
    assignment = in_hand(office)
    html = add(signed_in(office), assignment, htmx=True).content.decode()
    assert html.lstrip().startswith('<section class="panel" id="documents"')
    assert "386/BC-SKHĐT" in html
    assert f"/nhiem-vu/{assignment.pk}/tai-lieu/{Document.objects.get().pk}/bo/" in html


@pytest.mark.parametrize("htmx", [True, False])
def test_errors_name_their_place_and_what_was_typed_is_kept(office: Office, htmx: bool) -> None:
    assignment = in_hand(office)
    answer = add(
        signed_in(office), assignment, upload(files.EXE, "bao-cao.pdf"), htmx=htmx, dated="31/02/2024", next="/buoc/7/"
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Ngày văn bản không có trong lịch." in html
    assert "“bao-cao.pdf”: Nội dung tệp này là chương trình nên không nhận được." in html
    for kept in ("386/BC-SKHĐT", "31/02/2024", "Báo cáo rà soát", 'value="/buoc/7/"'):
        assert kept in html
    assert Document.objects.count() == 0


def test_file_over_the_limit_is_said_with_the_limit(office: Office, settings: Any) -> None:
    settings.DOCUMENT_MAX_BYTES = 1024 * 1024
    html = add(signed_in(office), in_hand(office), upload(files.PDF + bytes(1024 * 1024))).content.decode()
    assert "Tệp này lớn quá 1 MB." in html


@pytest.mark.parametrize(
    ("until", "name", "status"),
    [("execute", "officer", 302), ("execute", "colleague", 403), ("execute", "head", 403), ("execute", "reviewer", 403),
     ("execute", "other_officer", 404), ("execute", "administrator", 404), ("assign", "head", 403),
     ("submit", "head", 302), ("submit", "deputy", 302), ("submit", "officer", 403),
     ("review", "officer", 409), ("review", "reviewer", 409), ("approve", "leader", 409), ("end", "officer", 409)],
)  # fmt: skip
def test_only_who_has_the_case_in_hand_changes_its_documents(
    office: Office, until: str, name: str, status: int
) -> None:
    assignment = make_assignment(office)
    file = store(office, subject=f"case:{assignment.pk}")
    walk(office, assignment, until)
    client = signed_in(office, name)
    assert add(client, assignment, abstract="Thêm").status_code == status
    assert beside(assignment) == (["Báo cáo", "Thêm"] if status == 302 else ["Báo cáo"])
    taken = client.post(f"/nhiem-vu/{assignment.pk}/tai-lieu/{file.document_id}/bo/")
    assert taken.status_code == status
    assert beside(assignment) == (["Thêm"] if status == 302 else ["Báo cáo"])


def test_too_late_says_so_and_keeps_what_was_typed(office: Office) -> None:
    answer = add(signed_in(office), in_hand(office, "review"), abstract="Đã gõ dở")
    html = answer.content.decode()
    assert (answer.status_code, ALREADY_HANDED_IN in html, "Đã gõ dở" in html) == (409, True, True)


def test_stranger_of_another_agency_finds_no_case(office: Office, other_office: Office) -> None:
    assignment = in_hand(office)
    assert add(signed_in(other_office, "chief"), assignment).status_code == 404
    assert DocumentFile.objects.count() == 0


def test_document_of_another_case_is_not_taken_off(office: Office) -> None:
    mine, other = in_hand(office), in_hand(office)
    file = store(office, subject=f"case:{other.pk}")
    assert signed_in(office).post(f"/nhiem-vu/{mine.pk}/tai-lieu/{file.document_id}/bo/").status_code == 404
    assert beside(other) == ["Báo cáo"]


def test_file_is_gone_again_when_the_case_moved_on_under_the_upload(office: Office, settings: Any) -> None:
    assignment = in_hand(office, "review")
    with pytest.raises(Refused, match="đã nộp"):
        documents.add_document(assignment.pk, office.rights("officer"), office["officer"], number="", dated=None, issuer="", abstract="A", files=[upload()])  # fmt: skip
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []
    assert (Document.objects.count(), Use.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_documents_added_while_the_case_is_handed_in_are_in_the_round_or_refused(office: Office) -> None:
    assignment = in_hand(office, "submit")
    step, head, rights = open_step(assignment), office["head"], office.rights("head")

    def bring() -> object:
        return documents.add_document(assignment.pk, rights, head, number="", dated=None, issuer="", abstract="A", files=[upload()])  # fmt: skip

    results = race([bring, bring, bring, lambda: services.submit(step.pk, rights, statement="Xong")])
    kinds = {type(result).__name__ for result in results}
    assert kinds <= {"Document", "Refused", "Step"}
    assert open_step(assignment).stage == "review"


# --- the library


def test_library_lists_what_i_may_open_and_where_it_serves(office: Office, other_office: Office) -> None:
    mine, hidden = in_hand(office), make_assignment(office, lead=office.other_division)
    store(office, subject=f"case:{mine.pk}", abstract="Của phòng tôi")
    store(office, "chief", subject=f"case:{hidden.pk}", abstract="Của phòng khác")
    store(other_office, subject=f"case:{in_hand(other_office).pk}", abstract="Của cơ quan khác")
    html = signed_in(office).get("/tai-lieu/").content.decode()
    assert "Của phòng tôi" in html
    assert f'<a class="text-decoration-underline" href="/nhiem-vu/{mine.pk}/">{mine.case.code}</a>' in html
    assert "Của phòng khác" not in html
    assert "Của cơ quan khác" not in html
    every = signed_in(office, "reviewer").get("/tai-lieu/").content.decode()
    assert "Của phòng khác" in every
    assert "Của cơ quan khác" not in every


def test_library_is_searched_without_accents(office: Office) -> None:
    store(office, abstract="Đăng ký hộ tịch")
    store(office, abstract="Khảo sát", number="77/KH-SKHĐT")
    client = signed_in(office)
    for words, found, not_found in (
        ("dang ky", "Đăng ký hộ tịch", "Khảo sát"),
        ("77/kh", "Khảo sát", "Đăng ký hộ tịch"),
    ):
        html = client.get("/tai-lieu/", {"q": words}).content.decode()
        assert found in html
        assert not_found not in html
    assert "Không tìm thấy tài liệu" in client.get("/tai-lieu/", {"q": "<b>100%_"}).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", ["officer", "reviewer"])
def test_library_costs_the_same_queries_whatever_the_rows(
    office: Office, other_office: Office, rows: int, name: str, django_assert_num_queries: Any
) -> None:
    for place in (office, other_office):
        for _ in range(rows):
            store(place, subject=f"case:{in_hand(place).pk}")
    client = signed_in(office, name)
    with django_assert_num_queries(LIST_QUERIES):
        client.get("/tai-lieu/")


def test_library_pages(office: Office) -> None:
    for number in range(31):
        store(office, abstract=f"Tài liệu {number:02d}")
    client = signed_in(office)
    assert "Trang 1 trên 2" in client.get("/tai-lieu/").content.decode()
    assert "Tài liệu 00" in client.get("/tai-lieu/?page=2").content.decode()


def test_panel_is_read_only_for_who_may_not_change_it(office: Office) -> None:
    assignment = in_hand(office)
    store(office, subject=f"case:{assignment.pk}")
    assert documents.panel_of(assignment.case, office.rights("officer")).form is not None
    watching = documents.panel_of(assignment.case, office.rights("reviewer"))
    assert (watching.form, [row.remove_url for row in watching.rows]) == (None, [""])


def test_substitute_of_the_officer_may_add(office: Office) -> None:
    from organization.models import Delegation

    person = make_person(office.division, "Người thay", Role.OFFICER)
    Delegation.objects.create(agency=office.agency, principal=office["officer"], substitute=person, legal_basis="QĐ", since=date(2020, 1, 1), until=date(2099, 1, 1))  # fmt: skip
    client = Client()
    client.force_login(person)
    assert add(client, in_hand(office)).status_code == 302


@pytest.mark.parametrize(
    ("until", "name", "changes"),
    [
        ("execute", "officer", True),
        ("submit", "head", True),
        ("review", "reviewer", False),
        ("approve", "leader", False),
    ],
)
def test_step_page_shows_documents_and_lets_who_has_it_in_hand_change_them(
    office: Office, until: str, name: str, changes: bool
) -> None:
    assignment = make_assignment(office)
    file = store(office, subject=f"case:{assignment.pk}")
    walk(office, assignment, until)
    html = signed_in(office, name).get(f"/buoc/{open_step(assignment).pk}/", follow=True).content.decode()
    assert f'href="/tai-lieu/{file.pk}/"' in html
    assert (f'action="/nhiem-vu/{assignment.pk}/tai-lieu/"' in html) is changes
    assert (f'action="/nhiem-vu/{assignment.pk}/tai-lieu/{file.document_id}/bo/"' in html) is changes


def test_checks_of_the_page_look_again_when_documents_changed(office: Office) -> None:
    assignment = in_hand(office)
    client = signed_in(office)
    assert add(client, assignment, htmx=True)["HX-Trigger"] == "documents-changed"
    page = client.get(f"/buoc/{open_step(assignment).pk}/", follow=True).content.decode()
    assert 'id="checks"' in page
    assert 'hx-trigger="documents-changed from:body"' in page
