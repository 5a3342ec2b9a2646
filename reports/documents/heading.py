"""What stands around the text: who issues, to whom, who signs, for which period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from organization.enums import Role
from organization.models import Letterhead, Post, User
from organization.vietnamese import short_date
from reports.models import Snapshot
from reports.snapshots import window_of


@dataclass(frozen=True)
class Heading:
    superior: str
    agency: str
    symbol: str
    place: str
    recipient: str
    signer: str
    signs_as: tuple[str, ...]
    period: str
    year: int
    since: date
    until: date
    as_of: date
    plan: str

    @property
    def abstract(self) -> str:
        """Trích yếu of the report."""
        return (
            "Kết quả thực hiện Kế hoạch nâng cao Chỉ số cải cách hành chính (PAR INDEX) và Chỉ số hài lòng "
            f"về sự phục vụ hành chính (SIPAS) {self.period}"
        )


def heading_of(snapshot: Snapshot, signer: User) -> Heading:
    """The letterhead in force on the cut-off; the signer's title on that day."""
    period, plan = snapshot.period, snapshot.plan
    since, until = window_of(snapshot)
    letterhead = Letterhead.objects.on(snapshot.as_of).filter(agency=snapshot.agency).order_by("-since").first()
    name = letterhead.name if letterhead else snapshot.agency.name
    return Heading(
        superior=letterhead.superior if letterhead else "", agency=name, symbol=letterhead.symbol if letterhead else snapshot.agency.code,
        place=letterhead.place if letterhead else "", recipient=letterhead.recipient if letterhead else "Sở Nội vụ",
        signer=signer.full_name, signs_as=_signs_as(signer, snapshot.as_of), period=period.spoken, year=plan.year,
        since=since, until=until, as_of=snapshot.as_of,
        plan=f"Kế hoạch số {plan.number} ngày {short_date(plan.issued_on)}",
    )  # fmt: skip


def _signs_as(signer: User, on: date) -> tuple[str, ...]:
    """A department has one head, so a deputy signs for him: KT. GIÁM ĐỐC, PHÓ GIÁM ĐỐC."""
    if Post.objects.on(on).filter(user=signer, role=Role.DIRECTOR).exists():
        return ("GIÁM ĐỐC",)
    return ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC")
