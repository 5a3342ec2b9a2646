"""Addresses of the work."""

from django.urls import path

from workflow.views import (
    amending,
    assigning,
    bulk,
    delegations,
    directing,
    documents,
    inbox,
    issuing,
    steps,
    task,
    tasks,
)

app_name = "workflow"

urlpatterns = [
    path("viec/", inbox.inbox, name="inbox"),
    path("viec/nhieu/", bulk.Bulk.as_view(), name="bulk"),
    path("nhiem-vu/", tasks.tasks, name="tasks"),
    path("nhiem-vu/xuat/", tasks.export, name="tasks_export"),
    path("nhiem-vu/<int:pk>/", task.task, name="task"),
    path("nhiem-vu/<int:pk>/qua-trinh/", task.history, name="history"),
    path("buoc/<int:pk>/da-xem/", task.seen, name="seen"),
    path("buoc/<int:pk>/", steps.step, name="step"),
    path("buoc/<int:pk>/phan-cong/", steps.Assign.as_view(), name="assign"),
    path("buoc/<int:pk>/thuc-hien/", steps.Execute.as_view(), name="execute"),
    path("buoc/<int:pk>/nop-ket-qua/", steps.Submit.as_view(), name="submit"),
    path("buoc/<int:pk>/ra-soat/", steps.Review.as_view(), name="review"),
    path("buoc/<int:pk>/phe-duyet/", steps.Approve.as_view(), name="approve"),
    path("phan-cong/", assigning.AssignAll.as_view(), name="assign_all"),
    path("nhiem-vu/<int:pk>/doi-nguoi/", assigning.ChangeOfficer.as_view(), name="change_officer"),
    path("uy-quyen/", delegations.delegations, name="delegations"),
    path("uy-quyen/lap/", delegations.give, name="delegate"),
    path("uy-quyen/<int:pk>/ket-thuc/", delegations.end, name="end_delegation"),
    path("tai-lieu/", documents.library, name="documents"),
    path("tai-lieu/<int:pk>/", documents.download, name="download"),
    path("nhiem-vu/<int:case_id>/tai-lieu/", documents.add_document, name="add_document"),
    path("nhiem-vu/<int:case_id>/tai-lieu/<int:document_id>/bo/", documents.remove_document, name="remove_document"),
    path("ke-hoach/<int:pk>/dua-vao-theo-doi/", issuing.issue_plan, name="issue_plan"),
    path("ke-hoach/<int:pk>/dieu-chinh/", amending.start, name="amend"),
    path("ke-hoach/dieu-chinh/<int:pk>/", amending.preview, name="amendment"),
    path("ke-hoach/dieu-chinh/<int:pk>/dong/<int:index>/", amending.row, name="amendment_row"),
    path("ke-hoach/dieu-chinh/<int:pk>/dong/<int:index>/bo/", amending.drop_row, name="amendment_drop"),
    path("ke-hoach/dieu-chinh/<int:pk>/giu-lai/<int:measure>/", amending.restore_row, name="amendment_restore"),
    path("ke-hoach/dieu-chinh/<int:pk>/huy/", amending.discard, name="amendment_discard"),
    path("ke-hoach/<int:pk>/qua-han/", issuing.decide_past, name="decide_past"),
    path("ke-hoach/<int:pk>/ban-ky/", issuing.signed_plan, name="signed_plan"),
    path("ke-hoach/dong/<int:pk>/chu-tri/", issuing.name_lead, name="name_lead"),
    path("nhiem-vu/<int:pk>/lanh-dao/", issuing.name_leader, name="name_leader"),
    path("nhiem-vu/<int:pk>/thoi-han/", issuing.set_due, name="set_due"),
    path("nhiem-vu/<int:pk>/y-kien-chi-dao/", directing.direct, name="direct"),
    path("nhiem-vu/<int:pk>/nguyen-nhan/", directing.confirm_cause, name="confirm_cause"),
]
