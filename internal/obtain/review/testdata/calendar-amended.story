# 办理途中放假安排改了：二月十四日不再上班，没有办完的期限随之重算，已经提醒过的不再提醒。
2026-02-09 10:00 submit
2026-02-09 16:00 accept
due 2026-02-28
2026-02-11 09:00 review
2026-02-12 09:00 day
quiet
unwork 2026-02-14
due 2026-03-02
2026-02-14 08:00 day
quiet
2026-02-24 08:00 day
told reviewer review.warning_1
quiet
2026-02-28 08:00 day
told reviewer review.warning_2
told reviewer review.warning_3
told lead review.warning_2
told lead review.warning_3
quiet
left 1
