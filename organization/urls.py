"""Addresses of people, units, leaders in charge, the calendar and invitations."""

from django.urls import path

from organization.views import calendar, invitation, leaders, naming, people, settings, upload

app_name = "organization"

urlpatterns = [
    path("nhan-su/", people.people_list, name="people"),
    path("nhan-su/them/", people.add_person, name="add_person"),
    path("nhan-su/nhap/", upload.upload, name="upload"),
    path("nhan-su/nhap/luu/", upload.confirm_upload, name="confirm_upload"),
    path("nhan-su/<int:pk>/", people.person, name="person"),
    path("nhan-su/<int:pk>/loi-moi/", people.invite_person, name="invite"),
    path("nhan-su/<int:pk>/su-dung/", people.set_active, name="set_active"),
    path("nhan-su/<int:pk>/chuc-vu/", people.post, name="give_post"),
    path("nhan-su/<int:pk>/chuc-vu/<int:post_pk>/", people.post, name="post"),
    path("nhan-su/<int:pk>/chuc-vu/<int:post_pk>/ket-thuc/", people.end_post, name="end_post"),
    path("don-vi/", people.unit_list, name="units"),
    path("don-vi/ten-goi/", naming.names, name="names"),
    path("don-vi/ten-goi/<int:pk>/thoi-dung/", naming.end, name="end_name"),
    path("don-vi/nhom/", naming.groups, name="groups"),
    path("lanh-dao-phu-trach/", leaders.leaders, name="leaders"),
    path("thiet-lap/", settings.settings, name="settings"),
    path("lich-lam-viec/", calendar.calendar, name="calendar"),
    path("lich-lam-viec/ngay/", calendar.day, name="day"),
    path("lich-lam-viec/nam/", calendar.new_year, name="new_year"),
    path("loi-moi/<str:uidb64>/<str:token>/", invitation.invitation, name="invitation"),
]
