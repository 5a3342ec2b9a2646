"""Words that are stored."""

from django.db import models


class UnitKind(models.TextChoices):
    AGENCY = "agency", "Cơ quan"
    LEADERSHIP = "leadership", "Lãnh đạo"
    OFFICE = "office", "Văn phòng"
    DIVISION = "division", "Phòng, đơn vị"


class DayOff(models.TextChoices):
    """What happens to a due date that falls on a day off."""

    STAYS = "stays", "Giữ nguyên ngày đã ghi"
    NEXT = "next", "Chuyển sang ngày làm việc liền sau"
    PREVIOUS = "previous", "Chuyển về ngày làm việc liền trước"


class Role(models.TextChoices):
    OFFICER = "officer", "Chuyên viên"
    FOCAL = "focal", "Đầu mối CCHC"
    HEAD = "head", "Trưởng đơn vị"
    DEPUTY = "deputy", "Phó trưởng đơn vị"
    REVIEWER = "reviewer", "Rà soát của Văn phòng"
    CLERK = "clerk", "Văn thư"
    DIRECTOR = "director", "Giám đốc"
    LEADER = "leader", "Phó Giám đốc"
    VIEWER = "viewer", "Người xem"
    ADMINISTRATOR = "administrator", "Quản trị hệ thống"


# Whoever holds one of these sees all the work of the agency.
OVERSEERS = frozenset({Role.REVIEWER, Role.CLERK, Role.DIRECTOR, Role.LEADER, Role.VIEWER})
LEADERS = frozenset({Role.DIRECTOR, Role.LEADER})
UNIT_ROLES = frozenset({Role.OFFICER, Role.FOCAL, Role.HEAD, Role.DEPUTY})
# Who only looks on or keeps the accounts works in no unit.
ONLOOKERS = frozenset({Role.VIEWER, Role.ADMINISTRATOR})
JUDGES = LEADERS | {Role.REVIEWER}
# What one may lend to a substitute for some days: the roles that decide.
LENT = frozenset({Role.HEAD, Role.DEPUTY, Role.REVIEWER, Role.DIRECTOR, Role.LEADER})
