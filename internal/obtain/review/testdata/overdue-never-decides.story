# 没有人办：逐级上报，计入公开的逾期数，但既不视为同意，也不视为不同意。
2026-02-09 10:00 submit
2026-02-09 16:00 accept
2026-02-28 23:59 day
overdue 0
2026-03-02 08:00 day
told reviewer review.overdue
told lead review.overdue
quiet
stage assigned
overdue 1
left -1
2026-03-03 08:00 day
told authority review.to_authority
quiet
2026-03-06 08:00 day
told office review.to_general_office
quiet
2026-05-06 08:00 day
quiet
stage assigned
case accepted
overdue 1
2026-05-06 09:00 review
2026-05-06 10:00 propose
2026-05-06 11:00 confirm
stage decided
case approved
overdue 0
