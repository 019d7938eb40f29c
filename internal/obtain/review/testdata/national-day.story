# 国庆前收到的工单：九月二十八日（星期日）调休上班，假期八天不算。
2025-09-26 09:00 submit
2025-09-26 17:30 accept
due 2025-10-16
2025-09-28 10:00 review
left 9
2025-10-09 08:00 day
quiet
left 6
2025-10-10 08:00 day
told reviewer review.warning_1
2025-10-14 08:00 day
told reviewer review.warning_2
told lead review.warning_2
2025-10-16 12:00 refuse
2025-10-16 12:10 confirm
told applicant review.decided
told applicant application.rejected
case rejected
