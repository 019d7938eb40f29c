# 没有补正的申请，九十天后自动结束。
2026-02-09 10:00 submit
2026-02-10 10:00 decline
told applicant application.declined
case not_accepted
2026-05-11 08:00 day
case not_accepted
2026-05-12 08:00 day
told applicant application.expired
case expired
