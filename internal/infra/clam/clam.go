// Package clam asks a clamd, the service of the ClamAV virus scanner, whether
// a file holds malware. It speaks clamd's INSTREAM command, by a socket of the
// machine or by TCP; the file needs to lie nowhere that clamd can read.
//
// Only the whole answer "stream: OK" says that a file is clean. Silence, half
// an answer and any other word are errors, so that whoever asks keeps the file
// where it can do no harm and asks again.
package clam

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path"
	"strings"
	"time"
	"unicode"

	"kaishu/internal/infra/database"
)

// Client asks one clamd. It may be shared; each question is a connection.
type Client struct{ network, address string }

// New returns a client of the clamd at place: "unix:/run/clamav/clamd.ctl" or
// "tcp:127.0.0.1:3310". It fails if place is written otherwise; it does not
// ask whether anybody is there.
func New(place string) (*Client, error) {
	network, address, _ := strings.Cut(place, ":")
	switch network {
	case "unix":
		if path.IsAbs(address) {
			return &Client{network, address}, nil
		}
	case "tcp":
		if host, port, err := net.SplitHostPort(address); err == nil && host != "" && port != "" {
			return &Client{network, address}, nil
		}
	}
	return nil, fmt.Errorf("%q is neither unix:/path nor tcp:host:port", place)
}

// longest is how long one question may take whatever the context says.
const longest = time.Minute

// chunk is how much is sent at a time.
const chunk = 64 << 10

// mostAnswer bounds the answer, which is a line with a name.
const mostAnswer = 4 << 10

// Scan has clamd read r to its end. found is the name of the malware, at most
// 200 characters; "" if clamd says that there is none. An error says nothing
// about the file: clamd was not reached in the time of ctx, is busy, or will
// not read a file of this size.
func (c *Client) Scan(ctx context.Context, r io.Reader) (found string, err error) {
	database.MustBeOutside(ctx)
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", fmt.Errorf("reach clamd: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })() // the end of ctx ends every read and write
	sent := send(conn, r)
	if broken, ok := errors.AsType[*readError](sent); ok {
		return "", fmt.Errorf("scan file: %w", broken.error)
	}
	// A clamd that has had enough says so and closes: its answer, if there is
	// one, tells more than that the sending failed.
	text, err := answer(conn)
	if err != nil {
		return "", fmt.Errorf("hear clamd: %w", errors.Join(err, sent, ctx.Err()))
	}
	found, err = understand(text)
	if err == nil && found == "" && sent != nil {
		err = fmt.Errorf("clamd answered before it had the whole file: %w", sent)
	}
	return found, err
}

// readError is a failure of the file, not of clamd.
type readError struct{ error }

// send gives the command and the file: chunks with their length before them,
// and an empty one at the end.
func send(w io.Writer, r io.Reader) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return fmt.Errorf("ask clamd: %w", err)
	}
	buffer := make([]byte, 4+chunk)
	for {
		n, err := io.ReadFull(r, buffer[4:])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return &readError{err}
		}
		if n > 0 {
			binary.BigEndian.PutUint32(buffer, uint32(n))
			if _, err := w.Write(buffer[:4+n]); err != nil {
				return fmt.Errorf("send to clamd: %w", err)
			}
		}
		if err != nil {
			_, err := w.Write(make([]byte, 4))
			return err
		}
	}
}

// answer reads up to the zero byte that ends clamd's answer.
func answer(r io.Reader) (string, error) {
	var text []byte
	buffer := make([]byte, 512)
	for len(text) < mostAnswer {
		n, err := r.Read(buffer)
		text = append(text, buffer[:n]...)
		if line, _, whole := bytes.Cut(text, []byte{0}); whole {
			return string(line), nil
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
	}
	return "", errors.New("its answer has no end")
}

// understand returns the name in an answer.
func understand(text string) (found string, err error) {
	said, ok := strings.CutPrefix(text, "stream: ")
	if ok && said == "OK" {
		return "", nil
	}
	if name, is := strings.CutSuffix(said, " FOUND"); ok && is {
		return clean(name), nil
	}
	return "", fmt.Errorf("clamd says %q", clean(text))
}

// clean makes a name fit to be shown; never "", which would mean that nothing
// was found.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	if r := []rune(name); len(r) > 200 {
		name = string(r[:200])
	}
	if strings.TrimSpace(name) == "" {
		return "unnamed"
	}
	return name
}
