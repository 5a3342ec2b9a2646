"""How work moves, on one page. A node with open steps is never renamed or removed (docs/workflow.md)."""

from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.status import PROCESS

from workflow import effects, holding, pulls
from workflow.inputs import answering
from workflow.models import Case, Step
from workflow.nodes import Asked, Ended, Human, Started
from workflow.requests import deciding

BACK = "đã mở lại cùng kế hoạch"


def _pulled(node: Human) -> Human:
    """Đóng kế hoạch: leadership closes the year with the work wherever it stands; Văn phòng cannot. Work that stands on
    the result of another ends with it, by the engine."""
    return (
        node.Pull("shared", this.end, "đã hoàn thành theo kết quả dùng chung", may=pulls.nobody, effect=effects.take_shared)
        .Pull("carried", this.carried, "đã chuyển tiếp sang năm sau khi đóng kế hoạch", may=pulls.leads, effect=effects.close)
        .Pull("lapsed", this.lapsed, "đã ghi quá hạn khi đóng kế hoạch", may=pulls.leads, effect=effects.close)
        .Pull("not_carried_on", this.dropped, "đã ghi không còn thực hiện khi đóng kế hoạch", may=pulls.leads, effect=effects.close)
    )  # fmt: skip


class AssignmentFlow(flow.Flow):
    """Thực hiện nhiệm vụ"""

    process_class, task_class = Case, Step
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)

    start = Started().Next(this.assign)
    recorded = Started().Next(this.end)
    # after the end, by leadership: a new round, or a look at what Văn phòng confirmed
    reopened = Started("đã mở lại", effect=effects.tell_reopened).Next(this.execute)
    pulled_up = Started("đã xem lại điều Văn phòng xác nhận").Next(this.approve)
    # with the plan, to where its closing took it
    to_assign = Started(BACK).Next(this.assign)
    to_execute = Started(BACK).Next(this.execute)
    to_submit = Started(BACK).Next(this.submit)
    to_review = Started(BACK).Next(this.review)
    to_approve = Started(BACK).Next(this.approve)

    assign = _pulled(
        Human("Phân công", held=holding.head, page="workflow:assign", effect=effects.name_officer, on_paper=True)
        .On("assigned", this.execute, "đã phân công")
        .Pull("discontinued", this.dropped, "đã dừng thực hiện", may=pulls.oversees, effect=effects.stop)
        .Pull("lead_changed", this.assign, "đã chuyển đơn vị chủ trì", may=pulls.oversees)
    )  # fmt: skip
    execute = _pulled(
        Human("Thực hiện", held=holding.officer, page="workflow:execute", effect=effects.hand_on)
        .On("done", this.submit, "đã chuyển trưởng đơn vị")
        .Pull("discontinued", this.dropped, "đã dừng thực hiện", may=pulls.oversees, effect=effects.stop)
        .Pull("lead_changed", this.assign, "đã chuyển đơn vị chủ trì", may=pulls.oversees)
    )  # fmt: skip
    submit = _pulled(
        Human("Nộp kết quả", held=holding.head, page="workflow:submit", effect=effects.hand_in, on_paper=True)
        .On("submitted", this.review, "đã nộp kết quả")
        .On("submitted_past_review", this.approve, "đã nộp kết quả, trình thẳng lãnh đạo")
        .On("returned", this.execute, "đã trả lại chuyên viên")
        .Pull("recalled", this.execute, "đã rút lại", may=pulls.handed_in, name=pulls.handed_in_as, effect=effects.unopened)
        .Pull("discontinued", this.dropped, "đã dừng thực hiện", may=pulls.oversees, effect=effects.stop)
        .Pull("lead_changed", this.assign, "đã chuyển đơn vị chủ trì", may=pulls.oversees)
    )  # fmt: skip
    review = _pulled(
        Human("Văn phòng rà soát", held=holding.office, page="workflow:review", effect=effects.tell_return, judging=True, pinned=effects.seen_digest)
        .On("accepted", this.approve, "đã trình duyệt")
        .On("confirmed", this.end, "đã xác nhận hoàn thành")
        .On("returned", this.execute, "đã trả lại, chưa đạt yêu cầu")
        .On("supplement", this.execute, "đã yêu cầu bổ sung hồ sơ")
        .Pull("recalled", this.submit, "đã rút lại", may=pulls.handed_in, name=pulls.handed_in_as, effect=effects.unopened)
        .Pull("discontinued", this.dropped, "đã dừng thực hiện", may=pulls.oversees, effect=effects.stop)
        .Pull("lead_changed", this.assign, "đã chuyển đơn vị chủ trì", may=pulls.oversees)
    )  # fmt: skip
    approve = _pulled(
        Human("Lãnh đạo phê duyệt", held=holding.leader, page="workflow:approve", effect=effects.tell_decision, judging=True, pinned=effects.seen_digest, on_paper=True)
        .On("approved", this.end, "đã phê duyệt")
        .On("returned", this.execute, "đã trả lại, chưa đạt yêu cầu")
        .On("supplement", this.execute, "đã yêu cầu bổ sung hồ sơ")
        .On("clarify", this.review, "đã yêu cầu Văn phòng làm rõ")
        .Pull("recalled", this.submit, "đã rút lại", may=pulls.handed_in, name=pulls.handed_in_as, effect=effects.unopened)
        .Pull("discontinued", this.dropped, "đã dừng thực hiện", may=pulls.oversees, effect=effects.stop)
        .Pull("lead_changed", this.assign, "đã chuyển đơn vị chủ trì", may=pulls.oversees)
    )  # fmt: skip

    end = Ended()
    dropped = Ended(Case.DISCONTINUED)
    carried = Ended(Case.CARRIED)
    lapsed = Ended(Case.LAPSED)


class InputFlow(flow.Flow):
    """Phối hợp"""

    process_class, task_class = Case, Step
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)
    # the page of its cases, how notices name them, and what reminders ask for
    page, noun, urge = "workflow:input", "Phối hợp nhiệm vụ", "Đề nghị gửi ý kiến phối hợp cho đơn vị chủ trì."

    asked = Started().Next(this.answer)

    answer = (
        Human("Trả lời phối hợp", held=answering.unit_asked, page="workflow:answer_input", effect=answering.answer)
        .On("answered", this.end, "đã trả lời phối hợp")
        .On("named", this.prepare, "đã giao chuẩn bị ý kiến")
        .Pull("withdrawn", this.dropped, "đã rút đề nghị phối hợp", may=answering.may_withdraw, name=answering.withdrawing_as, effect=answering.withdraw)
        .Pull("ended", this.dropped, "đã khép lại cùng nhiệm vụ", may=pulls.nobody, effect=answering.end)
    )  # fmt: skip
    prepare = (
        Human("Chuẩn bị ý kiến phối hợp", held=answering.person_named, page="workflow:answer_input", effect=answering.answer,
              announces="input.named")
        .On("answered", this.end, "đã trả lời phối hợp")
        .On("passed", this.answer, "đã chuyển trưởng đơn vị")
        .Pull("withdrawn", this.dropped, "đã rút đề nghị phối hợp", may=answering.may_withdraw, name=answering.withdrawing_as, effect=answering.withdraw)
        .Pull("ended", this.dropped, "đã khép lại cùng nhiệm vụ", may=pulls.nobody, effect=answering.end)
    )  # fmt: skip

    end = Ended()
    dropped = Ended(PROCESS.CANCELED)


class ExtensionFlow(flow.Flow):
    """Gia hạn"""

    page = "workflow:request"
    process_class, task_class = Case, Step
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)

    asked = Asked().Next(this.opinion)
    # Văn phòng leads the work, or nobody there may look at it
    asked_past_office = Asked().Next(this.decide)

    opinion = (
        Human("Ý kiến về gia hạn", held=holding.office, page="workflow:extension_opinion", effect=deciding.advise_extension,
              judging=True, announces="request.arrived")
        .On("agreed", this.decide, "đã cho ý kiến đồng ý")
        .On("opposed", this.decide, "đã cho ý kiến không đồng ý")
        .Pull("withdrawn", this.dropped, "đã rút đề nghị", may=deciding.may_withdraw, name=deciding.withdrawing_as, effect=deciding.withdraw)
        .Pull("ended", this.dropped, "đã khép lại cùng nhiệm vụ", may=pulls.nobody, effect=deciding.end)
    )  # fmt: skip
    decide = (
        Human("Quyết định gia hạn", held=deciding.leader, page="workflow:extension_decision", effect=deciding.decide_extension,
              judging=True, announces="request.arrived", on_paper=True)
        .On("granted", this.end, "đã chấp thuận gia hạn")
        .On("granted_otherwise", this.end, "đã chấp thuận gia hạn đến ngày khác")
        .On("refused", this.end, "không chấp thuận gia hạn")
        .Pull("withdrawn", this.dropped, "đã rút đề nghị", may=deciding.may_withdraw, name=deciding.withdrawing_as, effect=deciding.withdraw)
        .Pull("ended", this.dropped, "đã khép lại cùng nhiệm vụ", may=pulls.nobody, effect=deciding.end)
    )  # fmt: skip

    end = Ended()
    dropped = Ended(PROCESS.CANCELED)


class LeadChangeFlow(flow.Flow):
    """Chuyển đơn vị chủ trì"""

    page = "workflow:request"
    process_class, task_class = Case, Step
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)

    asked = Asked().Next(this.opinion)
    asked_past_office = Asked().Next(this.decide)

    opinion = (
        Human("Ý kiến về chuyển chủ trì", held=holding.office, page="workflow:lead_opinion", effect=deciding.advise_lead_change,
              judging=True, announces="request.arrived")
        .On("agreed", this.decide, "đã cho ý kiến đồng ý")
        .On("opposed", this.decide, "đã cho ý kiến không đồng ý")
        .Pull("withdrawn", this.dropped, "đã rút đề nghị", may=deciding.may_withdraw, name=deciding.withdrawing_as, effect=deciding.withdraw)
        .Pull("ended", this.dropped, "đã khép lại cùng nhiệm vụ", may=pulls.nobody, effect=deciding.end)
    )  # fmt: skip
    decide = (
        Human("Quyết định chuyển chủ trì", held=deciding.leader, page="workflow:lead_decision", effect=deciding.decide_lead_change,
              judging=True, announces="request.arrived", on_paper=True)
        .On("granted", this.end, "đã chấp thuận chuyển chủ trì")
        .On("refused", this.end, "không chấp thuận chuyển chủ trì")
        .Pull("withdrawn", this.dropped, "đã rút đề nghị", may=deciding.may_withdraw, name=deciding.withdrawing_as, effect=deciding.withdraw)
        .Pull("ended", this.dropped, "đã khép lại cùng nhiệm vụ", may=pulls.nobody, effect=deciding.end)
    )  # fmt: skip

    end = Ended()
    dropped = Ended(PROCESS.CANCELED)
