//go:build unix

package mail

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
)

// The tests of this file speak to Exim, a real mail server: one process for
// each connection, without privileges, with a configuration of its own.

const program = "/usr/sbin/exim4"

// configuration has DIR, UID and GID filled in. The local parts decide how a
// recipient is treated.
const configuration = `
primary_hostname = mail.example.cn
exim_user = UID
exim_group = GID
spool_directory = DIR/spool
log_file_path = DIR/%slog
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
deliver_drop_privilege = true
untrusted_set_sender = *
local_from_check = false
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = DIR/certificate.pem
tls_privatekey = DIR/key.pem
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = recipient
acl_smtp_data = message

begin acl
recipient:
  deny   local_parts = moved
         message = 没有这个人 no such person
  defer  local_parts = later
         message = come back later
  accept domains = example.cn : xn--fiq228c.xn--55qx5d
  deny   message = relay not permitted
message:
  deny   condition = ${if eq{$h_subject:}{unwanted}}
         message = we do not want this
  accept

begin routers
here:
  driver = accept
  transport = folder

begin transports
folder:
  driver = appendfile
  directory = DIR/folder
  maildir_format
  create_directory
  envelope_to_add
  return_path_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{kaishu}}{eq{$auth3}{开数 secret}}}}
  server_set_id = $auth2
`

// exim is a mail server on a port of its own.
type exim struct {
	dir   string
	port  int
	roots *x509.CertPool
	down  func() // closes the port and waits for the conversations to end
}

func startExim(t *testing.T, implicit bool) exim {
	t.Helper()
	if os.Getenv("MAIL_TESTS") == "" {
		t.Skip("MAIL_TESTS is not set: tests with a real mail server are left out")
	}
	e := exim{dir: home(t)}
	certificate, key, roots := selfMade(t)
	e.roots = roots
	write(t, filepath.Join(e.dir, "certificate.pem"), certificate)
	write(t, filepath.Join(e.dir, "key.pem"), key)
	file := filepath.Join(e.dir, "exim.conf")
	uid, gid := os.Getuid(), os.Getgid()
	if c := credential(); c != nil {
		uid, gid = int(c.Uid), int(c.Gid)
	}
	filled := strings.NewReplacer("DIR", e.dir, "UID", strconv.Itoa(uid), "GID", strconv.Itoa(gid))
	write(t, file, []byte(filled.Replace(configuration)))
	args := []string{"-C", file, "-bs", "-odf"} // speak SMTP on stdin, deliver before going on
	if implicit {
		args = append(args, "-tls-on-connect")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	e.port = l.Addr().(*net.TCPAddr).Port
	e.down = sync.OnceFunc(func() {
		l.Close()
		all.Wait()
	})
	t.Cleanup(e.down)
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { converse(t, conn, args) })
		}
	})
	return e
}

// converse has a process of Exim answer conn, through a local socket: from
// the network Exim takes a socket of privileged users only.
func converse(t *testing.T, conn net.Conn, args []string) {
	defer conn.Close()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Error(err)
		return
	}
	its, ours := os.NewFile(uintptr(pair[0]), "its end"), os.NewFile(uintptr(pair[1]), "our end")
	defer ours.Close()
	var complaints bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = its, its, &complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential()}
	err = cmd.Start()
	its.Close()
	if err != nil {
		t.Error(err)
		return
	}
	var relays sync.WaitGroup
	relays.Go(func() {
		io.Copy(ours, conn)
		syscall.Shutdown(pair[1], syscall.SHUT_WR)
	})
	io.Copy(conn, ours)
	conn.Close()
	relays.Wait()
	err = cmd.Wait()
	t.Logf("exim ended: %v\n%s", err, complaints.String())
}

// credential is nobody's if we are root, so that Exim has no privileges.
func credential() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534}
}

// home returns an empty folder that belongs to the server's user; t.TempDir
// lets nobody else in.
func home(t *testing.T) string {
	dir, err := os.MkdirTemp("", "kaishu-mail-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	own(t, dir)
	return dir
}

func write(t *testing.T, file string, data []byte) {
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	own(t, file)
}

func own(t *testing.T, path string) {
	if c := credential(); c != nil {
		if err := os.Chown(path, int(c.Uid), int(c.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}

// delivered ends the server and returns the letters on its disk.
func (e exim) delivered(t *testing.T) (all []letter) {
	t.Helper()
	e.down()
	files, err := filepath.Glob(filepath.Join(e.dir, "folder", "new", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, readLetter(t, text))
	}
	if logged, err := os.ReadFile(filepath.Join(e.dir, "paniclog")); err == nil {
		t.Errorf("exim panicked:\n%s", logged)
	}
	return all
}

var noon = time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)

func (e exim) sender(t *testing.T, o Options) *Sender {
	t.Helper()
	o.Host, o.Port, o.From, o.Name, o.Clock = "127.0.0.1", e.port, "open@data.example.cn", "开数 公共数据开放平台", clock.At(noon)
	o.Timeout = time.Minute
	return newSender(t, o)
}

var notice = Message{
	To: "li.si@example.cn", Lang: locale.ZH, ID: "notice-01.7",
	Subject:         "关于“公交站点”数据集开放申请的告知：请于2026年12月9日前一次性补正下列材料",
	Text:            "李四：\n\n您的申请已受理。\n.\n..以点开头的行\nFrom 开头的行\n\t" + strings.Repeat("很长的一行", 400) + "\n\n开数 🚌\n",
	ListUnsubscribe: "https://data.example.cn/notices/end?k=a%20b",
}

func TestALetterArrivesAsItWasWritten(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	write(t, password, []byte("开数 secret\n"))
	mostlyASCII := notice
	mostlyASCII.Text = "Dear reader,\n.\n. a dot; the dataset 公交 = buses, trailing space \n" + strings.Repeat("long ", 300) + "\nEnd"
	mostlyASCII.Lang, mostlyASCII.Subject, mostlyASCII.ListUnsubscribe = locale.EN, "Your application =?utf-8?Q?x?=", ""
	mostlyASCII.To = "li.si@中文.公司"
	for name, o := range map[string]Options{
		"esmtp": {TLS: None}, "esmtpsa": {TLS: StartTLS, User: "kaishu", PasswordFile: password}, "esmtps": {TLS: Implicit},
	} {
		for _, m := range []Message{notice, mostlyASCII} {
			e := startExim(t, o.TLS == Implicit)
			o.Roots = e.roots
			if err := e.sender(t, o).Send(t.Context(), m); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all := e.delivered(t)
			if len(all) != 1 {
				t.Fatalf("%s: %d letters", name, len(all))
			}
			got, text := all[0], m.Text
			if !strings.HasSuffix(text, "\n") {
				text += "\n"
			}
			if got.subject != m.Subject || got.text != text {
				t.Errorf("%s: arrived as\n%s\n%q\nwant\n%s\n%q", name, got.subject, got.text, m.Subject, text)
			}
			to, _ := Address(m.To)
			for key, want := range map[string]string{
				"Envelope-To": to, "Return-Path": "<open@data.example.cn>", "To": "<" + to + ">",
				"Message-Id": "<notice-01.7@data.example.cn>", "Date": "Wed, 25 Nov 2026 04:00:00 +0000",
				"Auto-Submitted": "auto-generated", "Content-Language": m.Lang.Tag(), "Mime-Version": "1.0",
			} {
				if got.header.Get(key) != want {
					t.Errorf("%s: %s is %q, want %q", name, key, got.header.Get(key), want)
				}
			}
			if got.from.Name != "开数 公共数据开放平台" || got.from.Address != "open@data.example.cn" {
				t.Errorf("%s: from %v", name, got.from)
			}
			if r := got.header.Get("Received"); !strings.Contains(r, " with local-"+name+" ") {
				t.Errorf("received %q, want %s", r, name)
			}
		}
	}
}

func TestWhatTheServerRefuses(t *testing.T) {
	e := startExim(t, false)
	s := e.sender(t, Options{TLS: StartTLS, Roots: e.roots})
	for _, c := range []struct{ to, subject, code, answer string }{
		{"moved@example.cn", "a", "mail.refused_recipient", "550 没有这个人 no such person"},
		{"li@elsewhere.example", "a", "mail.refused_recipient", "550 relay not permitted"},
		{"li@example.cn", "unwanted", "mail.refused_message", "550 we do not want this"},
		{"later@example.cn", "a", "", ""},
	} {
		err := s.Send(t.Context(), Message{To: c.to, Subject: c.subject, Text: "b", ID: "1"})
		p := problem.As(err)
		if c.code == "" {
			if err == nil || p != nil || !strings.Contains(err.Error(), `451 "come back later"`) {
				t.Errorf("%s: %v", c.to, err)
			}
			continue
		}
		if p == nil || p.Kind != problem.Invalid || p.Code != c.code || p.Args["answer"] != c.answer {
			t.Errorf("%s: %v %v", c.to, err, p)
		}
	}
	if all := e.delivered(t); len(all) != 0 {
		t.Errorf("%d letters arrived", len(all))
	}
	if err := s.Send(t.Context(), Message{To: "li@example.cn", Subject: "a", Text: "b", ID: "1"}); err == nil || problem.As(err) != nil {
		t.Errorf("server down: %v", err)
	}
}

func TestACertificateThatIsNotTrusted(t *testing.T) {
	for _, way := range []TLS{StartTLS, Implicit} {
		e := startExim(t, way == Implicit)
		_, _, others := selfMade(t)
		for name, roots := range map[string]*x509.CertPool{"system's roots": nil, "other roots": others} {
			err := e.sender(t, Options{TLS: way, Roots: roots}).Send(t.Context(), notice)
			if _, ok := asCertificate(err); !ok || problem.As(err) != nil {
				t.Errorf("%s, %s: %v", way, name, err)
			}
		}
		if all := e.delivered(t); len(all) != 0 {
			t.Errorf("%s: %d letters arrived", way, len(all))
		}
	}
}

func TestTheServerTakesThePasswordOnlyUnderTLS(t *testing.T) {
	e := startExim(t, false)
	password := filepath.Join(t.TempDir(), "password")
	write(t, password, []byte("wrong"))
	o := Options{TLS: StartTLS, Roots: e.roots, User: "kaishu", PasswordFile: password}
	err := e.sender(t, o).Send(t.Context(), notice)
	if p := problem.As(err); p == nil || p.Kind != problem.Conflict || p.Code != "mail.refused_login" || !strings.HasPrefix(fmt.Sprint(p.Args["answer"]), "535 ") {
		t.Errorf("wrong password: %v", err)
	}
	o.TLS, o.Host, o.From = None, "127.0.0.1", "open@data.example.cn"
	if _, err := New(o); err == nil {
		t.Error("a password was to be sent without TLS")
	}
	c, err := textproto.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", e.port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, step := range []struct {
		say  string
		code int
	}{{"", 220}, {"EHLO localhost", 250}, {"AUTH PLAIN AGthaXNodQBz", 503}, {"QUIT", 221}} {
		if step.say != "" {
			c.Cmd("%s", step.say)
		}
		if _, text, err := c.ReadResponse(step.code); err != nil || strings.Contains(text, "AUTH PLAIN") {
			t.Errorf("%s: %q, %v", step.say, text, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	e := startExim(t, false)
	s := e.sender(t, Options{TLS: StartTLS, Roots: e.roots})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			m := notice
			m.ID, m.Subject = fmt.Sprint(i), fmt.Sprint("第", i, "封")
			if err := s.Send(context.WithoutCancel(t.Context()), m); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, l := range e.delivered(t) {
		seen[l.header.Get("Message-Id")+l.subject] = true
	}
	for i := range 8 {
		if !seen[fmt.Sprintf("<%d@data.example.cn>第%d封", i, i)] {
			t.Errorf("letter %d is missing in %v", i, seen)
		}
	}
}
