"""An office in which something of everything is under way, for tests that look at pages."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate

from audit import services as audit
from evidence.services import store_document
from organization.models import Alias
from plans.arrivals import wait
from plans.commenting import ask_comments, comment
from plans.enums import Settled
from plans.imports import keep_reading
from plans.intake import read_file
from plans.selfscoring.states import State
from plans.services import save_draft
from reports import services as reports
from reports.demo.papers import paper
from reports.demo.this_year import plan_file
from reports.enums import PeriodCode
from reports.models import Compilation
from tests.office import Office, last_digest, make_assignment, make_office, make_plan, open_step, walk
from tests.plans.test_criteria_pages import make_set
from tests.plans.test_selfscoring import bring, make_round
from tests.plans.test_survey_pages import make_survey
from workflow import closing, services
from workflow.inputs import asking
from workflow.models import Assignment, Step
from workflow.reminders import remind
from workflow.requests import asking as requests
from workflow.slips import verbs
from workflow.slips.reading import waiting

STAGES = ("assign", "execute", "submit", "review", "approve", "end")


def make_house() -> Office:
    """One việc giao at each stage, one sent back, one late, one without a date, one about which other units are asked, one about which leadership is asked; a slip that waits for its leader; a report to sign and one to present;
    a draft plan and a file that is being looked over; two surveys; two sets of criteria, one with a đợt tự chấm under way; the morning's reminders; last year's plan, closed."""
    office = make_office("SKHĐT")
    version = make_plan(office)
    for number, stage in enumerate(STAGES):
        assignment = make_assignment(office, version=version, due=localdate() + timedelta(days=3 * number))
        if stage != "assign":
            walk(office, assignment, "execute")
            hand_in(office, assignment)
            walk(office, assignment, stage)
    sent_back(office, make_assignment(office, version=version, task="Công khai thủ tục hành chính"))
    make_assignment(office, version=version, due=localdate() - timedelta(days=4), task="Đăng tải văn bản")
    make_assignment(office, version=version, undated=True, task="Tuyên truyền cải cách hành chính")
    make_assignment(office, version=version, lead=office.office, task="Theo dõi, đôn đốc")
    ask_others(office, make_assignment(office, version=version, task="Rà soát thủ tục hành chính"))
    ask_leadership(
        office,
        make_assignment(
            office, version=version, task="Kiểm tra kỷ luật hành chính", due=localdate() + timedelta(days=9)
        ),
    )
    put_on_a_slip(office)
    Alias.objects.create(agency=office.agency, unit=office.division, text="Phòng ĐKKD")
    read = read_file(BytesIO(plan_file(localdate().year)), office.agency, localdate().year)
    draft = save_draft(read, office.agency, office["chief"], source_name="ke-hoach.docx")
    ask_comments(draft.pk, localdate() + timedelta(days=5), office.rights("chief"))
    comment(draft.pk, "Lùi thời hạn sang Quý III.", office.rights("head"))
    keep_reading(read, office.rights("chief"), filename="ke-hoach.docx", sha256="0" * 64)
    wait(b"", office.rights("chief"), filename="ke-hoach-lon.docx")
    first = compiled(office, PeriodCode.NINE_MONTHS)
    reports.present(open_report(first).pk, office.rights("reviewer"), seen=first.digest)
    compiled(office, PeriodCode.YEAR)
    remind(localdate())
    make_survey(office, "Khảo sát năm trước", ("Đăng ký", "Nam", 4, 4, 1))
    make_survey(office)
    bring(office, make_round(office), State.CHECKING)
    make_set(office, "Bộ tiêu chí năm trước", year=localdate().year - 1)
    closed_year(office)
    return office


def put_on_a_slip(office: Office) -> None:
    """What waits for the leader in charge, before them on one slip; more waits to be put on another."""
    steps = [step.pk for step in waiting(office.agency.pk)]
    verbs.make(office["leader"].pk, steps, office.rights("reviewer"), note="Hồ sơ đầy đủ, đề nghị phê duyệt.")
    walk(office, make_assignment(office, task="Chuẩn hóa hồ sơ lưu trữ"), "approve")


def closed_year(office: Office) -> None:
    """Last year's plan, closed with one row carried forward."""
    version = make_plan(office, localdate().year - 1)
    make_assignment(office, version=version, task="Rà soát văn bản năm trước")
    leader = office.rights("director")
    lines = closing.lines_of(version.plan, leader)
    closing.choose(version.plan_id, {line.key: (Settled.CARRIED, line.seen) for line in lines}, leader)
    closing.close_plan(version.plan_id, leader)


def ask_others(office: Office, assignment: Assignment) -> None:
    """Two units are asked about it: one has answered."""
    due = localdate() + timedelta(days=7)
    walk(office, assignment, "execute")
    answered, _ = asking.ask(assignment.pk, office.rights("officer"), units=[office.other_division, office.office], due_on=due,
                             question="Số hồ sơ đã số hóa đến hết quý")  # fmt: skip
    step = Step.objects.get(process_id=answered.pk, finished=None)
    asking.answer(step.pk, office.rights("other_head"), text="Đã số hóa 120 trên 150 hồ sơ.")


def ask_leadership(office: Office, assignment: Assignment) -> None:
    """Its lead unit asks for another date, which waits for leadership, and for another lead, which waits for Văn phòng."""
    walk(office, assignment, "execute")
    head, later = office.rights("head"), localdate() + timedelta(days=40)
    asked = requests.ask_extension(assignment.pk, head, due_on=later, reason="Chờ hướng dẫn của Bộ Nội vụ.")
    step = Step.objects.get(process_id=asked.pk, finished=None)
    requests.advise(step.pk, office.rights("reviewer"), agrees=True, opinion="Lý do khách quan.")
    requests.ask_lead_change(
        assignment.pk, head, unit=office.other_division, reason="Đúng chức năng của Phòng Kinh tế ngành."
    )


def hand_in(office: Office, assignment: Assignment, number: str = "12/BC-ĐKKD") -> None:
    with audit.transaction():
        store_document(
            agency_id=office.agency.pk, by=office["officer"], number=number, dated=localdate(), issuer="Sở",
            abstract="Báo cáo kết quả số hóa", files=[evidence(number)], subject=f"case:{assignment.pk}",
        )  # fmt: skip


def evidence(number: str = "12/BC-ĐKKD") -> SimpleUploadedFile:
    """A page as an office would hand in."""
    return paper(
        agency="Sở Kế hoạch và Đầu tư", unit="Phòng Đăng ký kinh doanh", number=number, dated=localdate(),
        abstract="Báo cáo kết quả số hóa", statement="Đã số hóa 100% hồ sơ.",
    )  # fmt: skip


def sent_back(office: Office, assignment: Assignment) -> Step:
    """Two rounds, and a return by Văn phòng in between."""
    step = walk(office, assignment, "review")
    services.return_work(
        step.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Bổ sung biểu số liệu."
    )
    return walk(office, assignment, "review", statement="Đã bổ sung biểu số liệu")


def compiled(office: Office, code: PeriodCode) -> Compilation:
    plan = Assignment.objects.order_by("pk")[0].measure.plan
    asked = reports.request_report(plan, code, office["leader"], office.rights("reviewer"))
    reports.compile_version(asked.pk)
    asked.refresh_from_db()
    return asked


def open_report(version: Compilation) -> Step:
    return Step.objects.get(process_id=version.report_id, finished=None)


def steps_at(stage: str) -> list[Step]:
    """Open steps of that stage."""
    return [step for step in Step.objects.filter(finished=None).order_by("pk") if step.stage == stage]


__all__ = ["evidence", "hand_in", "make_house", "open_step", "steps_at"]
