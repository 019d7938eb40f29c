package outgoing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// GetTimeout is how long a Get may take, from the lookup to the last byte.
const GetTimeout = 30 * time.Minute

// errStalled says that a server kept the line and sent nothing.
var errStalled = errors.New("nothing came any more")

// Get writes what lies at rawURL to to, at most so many bytes, and returns the
// answer's status and header; nothing is written unless the status is 200. A
// redirect is an answer like any other and is not followed. It may take
// [GetTimeout], but not stand still for longer than Options.Stall.
//
// It fails as [Client.Post] does; a file that is longer is problem.TooLarge.
// An error of to is wrapped as it is.
func (c *Client) Get(ctx context.Context, rawURL string, header http.Header, to io.Writer, most int64) (status int, answer http.Header, err error) {
	database.MustBeOutside(ctx)
	ctx, stop := context.WithTimeout(ctx, GetTimeout)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.stall, func() { cancel(errStalled) })
	defer watch.Stop()
	var p problem.List
	u := c.parse(&p, rawURL)
	if err := p.Err(); err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return 0, nil, fmt.Errorf("get from %s: %w", u.Host, err)
	}
	r.Header.Set("User-Agent", "Kaishu")
	maps.Copy(r.Header, header)
	response, err := c.http.Do(r)
	if err != nil {
		return 0, nil, failure(u, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return response.StatusCode, response.Header, nil
	}
	tooLarge := problem.New(problem.TooLarge, "outgoing.too_large", "mebibytes", most>>20)
	if response.ContentLength > most { // as it says itself
		return 0, nil, tooLarge
	}
	n, err := io.Copy(to, io.LimitReader(watched{response.Body, func() { watch.Reset(c.stall) }}, most+1))
	if err != nil {
		return 0, nil, failure(u, err)
	}
	if n > most {
		return 0, nil, tooLarge
	}
	return response.StatusCode, response.Header, nil
}

// watched calls came whenever something was read.
type watched struct {
	io.Reader
	came func()
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.came()
	}
	return n, err
}
