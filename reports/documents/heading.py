"""What stands around the text: who issues, to whom, who signs, for which period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from organization.enums import LEADERS, Role
from organization.models import Delegation, Letterhead, Post, User
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
    # for whom the signer signs by ủy quyền, and by which paper; empty for nobody
    instead_of: str
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


def heading_of(snapshot: Snapshot, signer: User, on: date) -> Heading:
    """The letterhead in force on the cut-off; the signer's title on that day. Whoever stands in for the signer on the
    day `on` which the report is asked for signs instead."""
    period, plan = snapshot.period, snapshot.plan
    since, until = window_of(snapshot)
    letterhead = Letterhead.objects.on(snapshot.as_of).filter(agency=snapshot.agency).order_by("-since").first()
    signs, instead_of = _who_signs(signer, on)
    name = letterhead.name if letterhead else snapshot.agency.name
    return Heading(
        superior=letterhead.superior if letterhead else "", agency=name, symbol=letterhead.symbol if letterhead else snapshot.agency.code,
        place=letterhead.place if letterhead else "", recipient=letterhead.recipient if letterhead else "Sở Nội vụ",
        signer=signs.full_name, signs_as=_signs_as(signs, snapshot.as_of), instead_of=instead_of, period=period.spoken, year=plan.year,
        since=since, until=until, as_of=snapshot.as_of,
        plan=f"Kế hoạch số {plan.number} ngày {short_date(plan.issued_on)}",
    )  # fmt: skip


def _who_signs(signer: User, on: date) -> tuple[User, str]:
    """Who stands in for the signer on that day, with the signer and the paper in words; else the signer."""
    lent = Delegation.objects.on(on).filter(principal=signer, substitute__is_active=True)
    for row in lent.select_related("substitute").order_by("-since", "-pk"):
        if not row.roles or LEADERS & set(row.roles):
            basis = f" theo {row.legal_basis}" if row.legal_basis else ""
            return row.substitute, f"{signer.full_name}{basis}"
    return signer, ""


def _signs_as(signer: User, on: date) -> tuple[str, ...]:
    """A department has one head, so a deputy signs for him: KT. GIÁM ĐỐC, PHÓ GIÁM ĐỐC; who is neither, by ủy quyền."""
    posts = {post.role: post for post in Post.objects.on(on).filter(user=signer).order_by("-pk")}
    if Role.DIRECTOR in posts:
        return ("GIÁM ĐỐC",)
    if Role.LEADER in posts or not posts:
        return ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC")
    post = next((posts[role] for role in (Role.HEAD, Role.DEPUTY) if role in posts), next(iter(posts.values())))
    return ("TUQ. GIÁM ĐỐC", (post.title or Role(post.role).label).upper())
