"""Addresses of the bell."""

from django.urls import path

from notifications import views

app_name = "notifications"

urlpatterns = [
    path("", views.notices, name="list"),
    path("da-doc/", views.read_all, name="read_all"),
    path("<int:pk>/mo/", views.open_notice, name="open"),
    path("gui-loi/", views.failed, name="failed"),
    path("gui-loi/<int:pk>/gui-lai/", views.resend, name="resend"),
]
