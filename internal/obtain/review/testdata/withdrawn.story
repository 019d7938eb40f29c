# 决定之前可以撤回；撤回以后工单不再办。
2026-02-09 10:00 submit
2026-02-09 16:00 accept
2026-02-10 09:00 review
2026-02-10 10:00 withdraw
told applicant application.withdrawn
told reviewer review.withdrawn
told lead review.withdrawn
case withdrawn
2026-03-20 08:00 day
quiet
2026-03-20 09:00 withdraw
refused flow.not_at_this_stage
overdue 0
