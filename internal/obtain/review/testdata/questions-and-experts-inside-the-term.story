# 提问和专家评审都不停止计时。
2026-02-09 10:00 submit
2026-02-09 16:00 accept
2026-02-10 09:00 review
2026-02-10 10:00 ask
told applicant review.asked
due 2026-02-28
2026-02-13 10:00 answer
told reviewer review.answered
2026-02-13 11:00 consult
told expert-1 review.consulted
told expert-2 review.consulted
told expert-3 review.consulted
stage expert_review
2026-02-13 12:00 propose
refused flow.not_at_this_stage
2026-02-24 10:00 advise
told reviewer review.advised
stage in_review
due 2026-02-28
left 4
2026-02-25 10:00 propose
2026-02-25 11:00 confirm
case approved
