"""Addresses of plans."""

from django.urls import path

from plans.views import importing, plans

app_name = "plans"
urlpatterns = [
    path("", plans.plan_list, name="list"),
    path("nhap/", importing.upload, name="upload"),
    path("nhap/<int:pk>/", importing.preview, name="preview"),
    path("nhap/<int:pk>/dong/<int:index>/", importing.import_row, name="import_row"),
    path("nhap/<int:pk>/dong/<int:index>/chu-tri/", importing.choose_lead, name="choose_lead"),
    path("nhap/<int:pk>/dong/<int:index>/dung/", importing.confirm_row, name="confirm_row"),
    path("nhap/<int:pk>/luu/", importing.save, name="save"),
    path("nhap/<int:pk>/huy/", importing.discard, name="discard"),
    path("<int:pk>/", plans.plan_page, name="plan"),
    path("<int:pk>/dong/<int:text>/", plans.row, name="row"),
    path("<int:pk>/xoa/", plans.discard_plan, name="discard_plan"),
]
