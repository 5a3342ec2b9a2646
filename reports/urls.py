"""Addresses of reports and the overview."""

from django.urls import path

from reports.views.overview import overview

app_name = "reports"
urlpatterns = [
    path("tong-quan/", overview, name="overview"),
]
