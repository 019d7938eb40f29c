# 十二月三十一日收到，次年的放假通知还没有公布：期限暂定；公布后重新计算。
forget 2027
2026-12-31 09:00 submit
2026-12-31 15:00 accept
due 2027-01-14 provisional
enter 2027
due 2027-01-15
left 10
2027-01-15 08:00 day
left 0
overdue 0
2027-01-16 08:00 day
overdue 1
