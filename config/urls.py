"""Addresses. Each room brings its own; every view needs a signed-in user unless tests/architecture names it.

allauth's addresses are named one by one: sign-up, management of e-mail addresses and reset by mail
must not exist here.
"""

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path

from config.navigation import home

handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("", include("workflow.urls")),
    path("ke-hoach/", include("plans.urls")),
    path("tai-khoan/dang-nhap/", account.login, name="account_login"),
    path("tai-khoan/dang-xuat/", account.logout, name="account_logout"),
    path("tai-khoan/mat-khau/", account.password_change, name="account_change_password"),
    path("tai-khoan/ngung-su-dung/", account.account_inactive, name="account_inactive"),
    path("", include("organization.urls")),
    path("", include("reports.urls")),
    path("thong-bao/", include("notifications.urls")),
]
