package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// entries is how many datasets the catalogue of the benchmark has.
const entries = 3000

// city writes a sample city with one large table.
func (b *bench) city(csv string) (string, error) {
	dir := filepath.Join(b.dir, "city")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	text := func(zh string) map[string]string { return map[string]string{"zh": zh} }
	topics := []string{"空气质量监测", "停车场泊位", "地铁进出客流", "医疗机构", "中小学校", "河道水质", "公交线路", "行政许可"}
	domains := []string{"environment", "transport", "transport", "health", "education", "environment", "transport", "institutions"}
	var datasets []map[string]any
	for i := range entries {
		d := map[string]any{"slug": fmt.Sprintf("bench-%04d", i), "title": text(fmt.Sprintf("%s%s信息（第%d批）", districts[i%16], topics[i%8], i/16)),
			"abstract":  text(fmt.Sprintf("%s范围内%s的名称、地址、时间和数值，供测速用。", districts[i%16], topics[i%8])),
			"publisher": "bench", "domain": domains[i%8], "opening": "unconditional", "frequency": "daily",
			"first_published_on": "2026-01-01", "updated_on": "2026-01-01", "editor": "editor", "lead": "lead"}
		if i == 0 {
			d["file"], d["key"] = "rows.csv", []string{"编号"}
		}
		datasets = append(datasets, d)
	}
	city := map[string]any{
		"organisations": []map[string]any{{"id": "bench", "name": text("测速单位（样例）"), "kind": "organ", "level": "city", "sample": true}},
		"accounts": []map[string]any{{"id": "editor", "name": "样例填报员", "organisation": "bench", "roles": []string{"opn_editor"}},
			{"id": "lead", "name": "样例负责人", "organisation": "bench", "roles": []string{"opn_lead"}}},
		"datasets": datasets,
	}
	data, err := json.Marshal(city)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "rows.csv")
	os.Remove(file)
	abs, err := filepath.Abs(csv)
	if err != nil {
		return "", err
	}
	return dir, errors.Join(os.WriteFile(filepath.Join(dir, "sample.json"), data, 0o644), os.Link(abs, file))
}

// served measures what a reader meets.
func (b *bench) served() error {
	csv, err := b.table(b.rows)
	if err != nil {
		return err
	}
	dir, err := b.city(csv)
	if err != nil {
		return err
	}
	data := filepath.Join(b.dir, "data")
	if err := os.RemoveAll(data); err != nil {
		return err
	}
	env := append(os.Environ(), "KAISHU_DATA="+data, "KAISHU_FAIR_USE=0")
	seed := exec.Command(b.kaishu, "seed", "--sample", dir)
	seed.Env = env
	began := time.Now()
	if out, err := seed.CombinedOutput(); err != nil {
		return fmt.Errorf("seed: %w\n%s", err, out)
	}
	b.add("received to released, all files", "s", []float64{time.Since(began).Seconds()}, "", nil, nil, 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := l.Addr().String()
	l.Close()
	server := exec.Command(b.kaishu, "serve", "--listen", address)
	server.Env = env
	began = time.Now()
	if err := server.Start(); err != nil {
		return err
	}
	defer func() {
		server.Process.Signal(syscall.SIGTERM)
		server.Wait()
	}()
	if err := ready(address); err != nil {
		return err
	}
	b.add("start to ready, 3,000 entries", "s", []float64{time.Since(began).Seconds()}, "", nil, nil, 0)
	return errors.Join(b.bulk(address, csv), b.pages(address), b.memory(server.Process.Pid))
}

func ready(address string) error {
	for range 400 {
		if a, err := http.Get("http://" + address + "/readyz"); err == nil {
			a.Body.Close()
			if a.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("the server is not ready")
}

// bulk compares a download with a raw copy of the same file over loopback:
// a server that does nothing but sendfile, read by the same reader.
func (b *bench) bulk(address, csv string) error {
	raw, err := rawServer(csv)
	if err != nil {
		return err
	}
	var ours, reference []float64
	for range b.runs {
		r, err := rate(raw, "")
		if err != nil {
			return err
		}
		o, err := rate(address, "GET /datasets/bench-0000/versions/latest/rows.csv HTTP/1.1\r\nHost: "+address+"\r\nConnection: close\r\n\r\n")
		if err != nil {
			return err
		}
		ours, reference = append(ours, o), append(reference, r)
	}
	b.add("bulk file, CSV", "MB/s", ours, "raw file copy over loopback", reference, moreIsBetter, 0.8)
	return nil
}

func rawServer(file string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if f, err := os.Open(file); err == nil {
				io.Copy(c, f)
				f.Close()
			}
			c.Close()
		}
	}()
	return l.Addr().String(), nil
}

// rate returns the megabytes a second at which an answer arrives.
func rate(address, request string) (float64, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	began := time.Now()
	if _, err := io.WriteString(c, request); err != nil {
		return 0, err
	}
	r := bufio.NewReaderSize(c, 256<<10)
	if request != "" {
		head, err := r.ReadString('\n')
		if err != nil || !strings.Contains(head, " 200 ") {
			return 0, fmt.Errorf("download: %q, %v", head, err)
		}
	}
	n, err := io.Copy(io.Discard, struct{ io.Reader }{r})
	if n < 1<<20 && err == nil {
		err = fmt.Errorf("only %d bytes", n)
	}
	return float64(n) / 1e6 / time.Since(began).Seconds(), err
}

// pages compares answers with a handler that writes fixed bytes.
func (b *bench) pages(address string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fixed := []byte(`{"items":[` + strings.Repeat("0,", 5000) + `0]}`)
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(fixed) }))
	floor := "http://" + l.Addr().String() + "/"
	rows := "http://" + address + "/api/v1/datasets/bench-0000/rows?limit=100"
	for _, m := range []struct {
		name, at string
		clients  int
	}{
		{"first page of 100, 1 client", rows, 1},
		{"first page of 100, 32 clients", rows, 32},
		{"filtered page of 100, 1 client", rows + "&where=" + url.QueryEscape(`区 = '静安区' AND 人数 > 4000`), 1},
		{"catalogue search, 1 client", "http://" + address + "/api/v1/datasets?q=" + url.QueryEscape("水质"), 1},
		{"catalogue search, 8 clients", "http://" + address + "/api/v1/datasets?q=" + url.QueryEscape("空气质量"), 8},
		{"search page (HTML), 1 client", "http://" + address + "/zh/datasets?q=" + url.QueryEscape("停车场"), 1},
		{"dataset page (HTML), 1 client", "http://" + address + "/zh/datasets/bench-0000", 1},
	} {
		ours, err := latency(m.at, m.clients)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		reference, err := latency(floor, m.clients)
		if err != nil {
			return err
		}
		b.add(m.name+", p50", "ms", ours, "fixed bytes", reference, lessIsBetter, 0)
	}
	return nil
}

// latency asks for 2 seconds with so many clients and returns the median
// milliseconds of each tenth of the answers, for the spread.
func latency(at string, clients int) ([]float64, error) {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	var mu sync.Mutex
	var all []float64
	var failed error
	var group sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}}
	for range clients {
		group.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				a, err := client.Get(at)
				if err == nil {
					_, err = io.Copy(io.Discard, a.Body)
					a.Body.Close()
					if a.StatusCode != http.StatusOK {
						err = fmt.Errorf("%s: %s", at, a.Status)
					}
				}
				mu.Lock()
				failed = errors.Join(failed, err)
				all = append(all, time.Since(began).Seconds()*1000)
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	group.Wait()
	if failed != nil {
		return nil, failed
	}
	var medians []float64
	for part := range slices.Chunk(all, max(1, len(all)/10)) {
		medians = append(medians, median(part))
	}
	return medians, nil
}

// memory reads what the server holds after the work.
func (b *bench) memory(pid int) error {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return err
	}
	var kb float64
	for _, line := range strings.Split(string(text), "\n") {
		fmt.Sscanf(line, "VmRSS: %f kB", &kb)
	}
	b.add("memory of the server after it all", "MB", []float64{kb / 1024}, "", nil, nil, 0)
	return nil
}
