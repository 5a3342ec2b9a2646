"""A node with open steps may not disappear."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.timezone import localdate

from tests.office import Office, make_assignment, walk
from workflow.requests import asking

pytestmark = pytest.mark.django_db


def test_open_steps_of_known_nodes_pass(office: Office) -> None:
    make_assignment(office)
    call_command("check_flows")


@pytest.mark.parametrize(
    "reference", ["workflow/flows.AssignmentFlow.vanished", "workflow/flows.VanishedFlow.assign", "gone/flows.Flow.x"]
)
def test_open_step_of_a_vanished_node_is_refused(office: Office, reference: str) -> None:
    make_assignment(office)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflow_step SET flow_task = %s WHERE finished IS NULL", [reference])
    with pytest.raises(CommandError, match="1 bước"):
        call_command("check_flows")


def test_open_requests_of_a_lead_unit_are_looked_at_too(office: Office) -> None:
    work = make_assignment(office)
    walk(office, work, "execute")
    head = office.rights("head")
    asking.ask_extension(work.pk, head, due_on=localdate() + timedelta(days=60), reason="Chờ số liệu")
    asking.ask_lead_change(work.pk, head, unit=office.other_division, reason="Đúng chức năng")
    call_command("check_flows")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflow_step SET flow_task = flow_task || '_gone' WHERE flow_task LIKE '%.opinion'")
    with pytest.raises(CommandError, match=r"ExtensionFlow\.opinion_gone \(1 bước\).*LeadChangeFlow\.opinion_gone"):
        call_command("check_flows")
