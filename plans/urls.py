"""Addresses of plans."""

from django.urls import path

from plans.criteria import views as criteria
from plans.selfscoring import views as selfscoring
from plans.surveys import views as surveys
from plans.views import commenting, importing, levels, plans

app_name = "plans"
urlpatterns = [
    path("", plans.plan_list, name="list"),
    path("nhap/", importing.upload, name="upload"),
    path("nhap/tep/<int:pk>/", importing.arrival, name="arrival"),
    path("nhap/<int:pk>/", importing.preview, name="preview"),
    path("nhap/<int:pk>/tep-da-sua/", importing.upload_again, name="upload_again"),
    path("nhap/<int:pk>/dong/<int:index>/", importing.import_row, name="import_row"),
    path("nhap/<int:pk>/dong/<int:index>/chu-tri/", importing.choose_lead, name="choose_lead"),
    path("nhap/<int:pk>/dong/<int:index>/dung/", importing.confirm_row, name="confirm_row"),
    path("nhap/<int:pk>/dong/<int:index>/mot-chu-tri/", importing.responsible, name="responsible"),
    path("nhap/<int:pk>/dong/<int:index>/bo/", importing.drop_row, name="import_drop"),
    path("nhap/<int:pk>/luu/", importing.save, name="save"),
    path("nhap/<int:pk>/huy/", importing.discard, name="discard"),
    path("<int:pk>/", plans.plan_page, name="plan"),
    path("<int:pk>/lap-nam-sau/", importing.copy, name="copy"),
    path("<int:pk>/gop-y/", commenting.comments, name="comments"),
    path("<int:pk>/gop-y/lay-y-kien/", commenting.ask, name="ask_comments"),
    path("gop-y/<int:pk>/giai-quyet/", commenting.settle, name="settle_comment"),
    path("<int:pk>/so-voi-nam-truoc/", commenting.last_year, name="plan_last_year"),
    path("<int:pk>/muc-xac-nhan/", levels.levels, name="levels"),
    path("<int:pk>/xuat/ke-hoach.docx", plans.export, {"kind": "docx"}, name="export_word"),
    path("<int:pk>/xuat/ke-hoach.xlsx", plans.export, {"kind": "xlsx"}, name="export_excel"),
    path("<int:pk>/dong/<int:text>/", plans.row, name="row"),
    path("<int:pk>/xoa/", plans.discard_plan, name="discard_plan"),
    path("khao-sat/", surveys.survey_list, name="sipas"),
    path("khao-sat/nhap/", surveys.upload, name="survey_upload"),
    path("khao-sat/co-mau/", surveys.sampling, name="sampling"),
    path("khao-sat/bo-cau-hoi/", surveys.catalogue_list, name="question_catalogues"),
    path("khao-sat/bo-cau-hoi/<slug:key>/", surveys.catalogue, name="question_catalogue"),
    path("khao-sat/<int:pk>/", surveys.survey, name="survey"),
    path("khao-sat/<int:pk>/theo-nhom/", surveys.survey_groups, name="survey_groups"),
    path("khao-sat/<int:pk>/luu/", surveys.keep, name="keep_survey"),
    path("khao-sat/<int:pk>/xoa/", surveys.discard, name="discard_survey"),
    path("khao-sat/<int:pk>/cach-tinh/", surveys.set_method, name="survey_method"),
    path("khao-sat/<int:pk>/dua-vao-du-thao/", surveys.take_over, name="survey_take_over"),
    path("tieu-chi/", criteria.criteria_list, name="criteria"),
    path("tieu-chi/nhap/", criteria.upload, name="criteria_upload"),
    path("tieu-chi/<int:pk>/", criteria.criteria_set, name="criteria_set"),
    path("tieu-chi/<int:pk>/luu/", criteria.keep, name="keep_criteria"),
    path("tieu-chi/<int:pk>/xoa/", criteria.discard, name="discard_criteria"),
    path("tieu-chi/<int:pk>/thiet-lap/", criteria.settings, name="criteria_settings"),
    path("tieu-chi/<int:pk>/doi-chieu/", criteria.mapping, name="criteria_mapping"),
    path("tieu-chi/<int:pk>/diem/", criteria.sheet, name="score_sheet"),
    path("tieu-chi/<int:pk>/diem-nam-truoc/", criteria.last_year, name="last_year_scores"),
    path("tieu-chi/<int:pk>/diem-mat/", criteria.lost, name="lost_points"),
    path("tieu-chi/<int:pk>/ket-xuat/", criteria.export, name="criteria_export"),
    path("tieu-chi/<int:pk>/tu-cham/", selfscoring.begin, name="begin_scoring"),
    path("tieu-chi/muc/<int:pk>/tra-lai/", selfscoring.send_back, name="send_back_criterion"),
    path("tieu-chi/muc/<int:pk>/diem/", criteria.score, name="score"),
    path("tieu-chi/muc/<int:pk>/tai-lieu/", criteria.documents, name="criterion_documents"),
    path(
        "tieu-chi/muc/<int:pk>/tai-lieu/<int:document>/bo/", criteria.remove_document, name="remove_criterion_document"
    ),
    path("tieu-chi/muc/<int:pk>/", criteria.criterion, name="criterion"),
    path("tieu-chi/muc/<int:pk>/cach-cham/", criteria.rule, name="criterion_rule"),
    path("tu-cham/", selfscoring.rounds, name="self_scoring"),
    path("tu-cham/<int:pk>/", selfscoring.scoring_round, name="scoring_round"),
    path("tu-cham/<int:pk>/chuyen/", selfscoring.move, name="move_round"),
    path("tu-cham/<int:pk>/chia/", selfscoring.share_out, name="share_out"),
    path("tu-cham/<int:pk>/ngay/", selfscoring.dates, name="scoring_dates"),
    path("tu-cham/<int:pk>/don-vi/<int:unit>/", selfscoring.unit, name="scoring_unit"),
    path("tu-cham/<int:pk>/don-vi/<int:unit>/gui/", selfscoring.hand_in, name="hand_in_scores"),
]
