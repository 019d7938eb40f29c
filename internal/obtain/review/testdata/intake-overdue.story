# 受理也有期限：没有人打开要提醒，逾期告知主管部门，但不会自动受理。
2026-02-09 10:00 submit
told applicant application.submitted
told intake application.new
intake 2026-02-12
2026-02-10 08:00 day
told intake application.unopened
quiet
2026-02-12 08:00 day
told intake application.due
2026-02-13 08:00 day
told intake application.overdue
told authority application.overdue
quiet
case submitted
2026-02-13 09:00 accept
due 2026-03-05
