package notice

import (
	"testing"
	"time"

	"kaishu/internal/base/problem"
)

// TestSignatureIsThatOfStandardWebhooks holds to the vector that the libraries
// of the specification share.
func TestSignatureIsThatOfStandardWebhooks(t *testing.T) {
	got, err := Signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := Signature("whsec_not base64", "m", time.Unix(0, 0), nil); err == nil {
		t.Error("a broken secret signs")
	}
}

func TestPausesGrowAndEnd(t *testing.T) {
	var whole, last time.Duration
	n := 1
	for ; ; n++ {
		pause, ok := after(n)
		if !ok {
			break
		}
		if pause <= last {
			t.Errorf("pause %d is %s after %s", n, pause, last)
		}
		whole, last = whole+pause, pause
	}
	if n != 8 || whole < 24*time.Hour || whole > 72*time.Hour {
		t.Errorf("%d attempts in %s", n, whole)
	}
	if _, ok := after(0); ok {
		t.Error("a pause before the first attempt")
	}
}

func TestChoiceTellsEveryFault(t *testing.T) {
	err := Choice{Lang: "fr", Mute: []string{"x", "a", "y"}}.check([]string{"a"})
	if p := problem.As(err); p == nil || len(p.Fields) != 3 {
		t.Error(err)
	}
}

func TestBrief(t *testing.T) {
	if got := brief(" 一二三四 ", 3); got != "一二…" {
		t.Error(got)
	}
	if got := brief("a\r\nBcc: b", 20); got != "a Bcc: b" {
		t.Errorf("%q", got)
	}
	if got := brief("一二三", 3); got != "一二三" {
		t.Error(got)
	}
}
