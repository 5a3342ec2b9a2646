"""Addresses of reports and the overview."""

from django.urls import path

from reports.views import files, reports, steps
from reports.views.forecast import forecast
from reports.views.overview import overview

app_name = "reports"
urlpatterns = [
    path("tong-quan/", overview, name="overview"),
    path("du-bao-diem/", forecast, name="forecast"),
    path("bao-cao/", reports.list_, name="list"),
    path("bao-cao/<int:pk>/", reports.report, name="report"),
    path("bao-cao/<int:pk>/tien-do/", reports.progress, name="progress"),
    path("bao-cao/<int:pk>/tong-hop-lai/", reports.again, name="again"),
    path("bao-cao/<int:pk>/dung/", reports.stop, name="stop"),
    path("bao-cao/<int:pk>/ky/", reports.change_period, name="period"),
    path("bao-cao/phien-ban/<int:pk>/<str:kind>/", files.download, name="download"),
    path("bao-cao/buoc/<int:pk>/trinh/", steps.Present.as_view(), name="present"),
    path("bao-cao/buoc/<int:pk>/duyet/", steps.Sign.as_view(), name="sign"),
]
