package clam_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"kaishu/internal/infra/clam"
	"kaishu/internal/infra/clam/clamtest"
)

func client(t *testing.T, place string) *clam.Client {
	t.Helper()
	c, err := clam.New(place)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAFileIsSentWholeAndJudged(t *testing.T) {
	for _, server := range []*clamtest.Server{clamtest.Start(t), clamtest.StartTCP(t)} {
		c := client(t, server.Place)
		for size, file := range map[int][]byte{0: nil, 1: {7}, 64 << 10: bytes.Repeat([]byte("a"), 64<<10), 200_001: bytes.Repeat([]byte("abc"), 66_667)} {
			found, err := c.Scan(t.Context(), iotest.HalfReader(bytes.NewReader(file)))
			if err != nil || found != "" {
				t.Errorf("%d bytes: %q, %v", size, found, err)
			}
			all := server.Files()
			if got := all[len(all)-1]; !bytes.Equal(got, file) {
				t.Errorf("%d bytes were sent, %d arrived", len(file), len(got))
			}
		}
		if found, err := c.Scan(t.Context(), strings.NewReader("some evil here")); err != nil || found != "Test.Evil-1" {
			t.Errorf("malware: %q, %v", found, err)
		}
	}
}

// TestOnlyOKIsOK: whatever else clamd says is no passage.
func TestOnlyOKIsOK(t *testing.T) {
	server := clamtest.Start(t)
	c := client(t, server.Place)
	for text, want := range map[string]string{ // "" means that an error is owed
		"stream: Eicar-Test-Signature FOUND\x00":             "Eicar-Test-Signature",
		"stream: a\nb\x1b[31m FOUND\x00":                     "ab[31m",
		"stream:  FOUND\x00":                                 "unnamed",
		"stream: " + strings.Repeat("长", 400) + " FOUND\x00": strings.Repeat("长", 200),
		"stream: OK":      "",
		"stream: OK\n":    "",
		"stream: OK \x00": "",
		"stream: ok\x00":  "",
		"OK\x00":          "",
		"\x00":            "",
		"":                "",
		"INSTREAM size limit exceeded. ERROR\x00": "",
		"stream: Can't allocate memory ERROR\x00": "",
		"stream: OK FOUND OK\x00":                 "",
		"x FOUND\x00":                             "",
		strings.Repeat("x", 10_000):               "",
	} {
		server.Answer(func([]byte) string { return text })
		found, err := c.Scan(t.Context(), strings.NewReader("a file"))
		if found != want || (want == "") != (err != nil) {
			t.Errorf("%.60q: %q, %v", text, found, err)
		}
	}
}

func TestSilenceEndsWithTheContext(t *testing.T) {
	server := clamtest.Start(t)
	server.Answer(func([]byte) string { return clamtest.Silent })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if found, err := client(t, server.Place).Scan(ctx, strings.NewReader("a")); found != "" || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%q, %v", found, err)
	}
	if _, err := client(t, "unix:"+filepath.Join(t.TempDir(), "none")).Scan(t.Context(), strings.NewReader("a")); err == nil {
		t.Error("nobody is there, and no error")
	}
}

// TestAClamdThatHasEnough: its word is heard though it stopped reading.
func TestAClamdThatHasEnough(t *testing.T) {
	for text, want := range map[string]string{"INSTREAM size limit exceeded. ERROR\x00": "size limit", "stream: OK\x00": "before it had the whole file"} {
		listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "clamd"))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			io.ReadFull(conn, make([]byte, 100))
			io.WriteString(conn, text)
		}()
		found, err := client(t, "unix:"+listener.Addr().String()).Scan(t.Context(), io.LimitReader(endless{}, 64<<20))
		if found != "" || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v", text, found, err)
		}
		listener.Close()
		<-done
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestAFileThatCannotBeReadIsNotJudged(t *testing.T) {
	torn := errors.New("torn")
	if _, err := client(t, clamtest.Start(t).Place).Scan(t.Context(), iotest.ErrReader(torn)); !errors.Is(err, torn) {
		t.Error(err)
	}
}

func TestPlaces(t *testing.T) {
	for place, fine := range map[string]bool{
		"unix:/run/clamav/clamd.ctl": true, "tcp:127.0.0.1:3310": true, "tcp:[::1]:3310": true, "tcp:clamd.intern:3310": true,
		"": false, "unix:": false, "unix:clamd": false, "tcp:": false, "tcp:127.0.0.1": false, "tcp::3310": false, "udp:1.2.3.4:5": false, "/run/clamd": false,
	} {
		if _, err := clam.New(place); (err == nil) != fine {
			t.Errorf("%q: %v", place, err)
		}
	}
}
