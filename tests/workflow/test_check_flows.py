"""A node with open steps may not disappear."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.office import Office, make_assignment

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
