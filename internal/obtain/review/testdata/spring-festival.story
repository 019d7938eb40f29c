# 春节前收到的工单：十个工作日跨过九天假期，两个调休的星期六照算。
2026-02-09 10:00 submit
intake 2026-02-12
told applicant application.submitted
told intake application.new
quiet
2026-02-09 16:00 accept
told applicant application.accepted
told reviewer review.handed
told lead review.handed
quiet
due 2026-02-28
left 10
2026-02-10 08:00 day
quiet
2026-02-11 08:00 day
told reviewer review.unopened
quiet
2026-02-13 09:00 review
stage in_review
2026-02-14 08:00 day
told reviewer review.warning_1
quiet
left 5
2026-02-20 08:00 day
quiet
left 5
2026-02-26 08:00 day
told reviewer review.warning_2
told lead review.warning_2
quiet
2026-02-27 08:00 day
told reviewer review.warning_3
told lead review.warning_3
left 1
2026-02-27 08:05 day
quiet
2026-02-28 10:00 propose
told lead review.proposed
2026-02-28 23:59 confirm
told applicant review.decided
told applicant application.approved
quiet
stage decided
case approved
overdue 0
