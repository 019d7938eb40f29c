package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"kaishu/internal/people/account"
)

// sampleCity reads the sample, to know its people and datasets.
func sampleCity(t *testing.T) (s struct {
	Accounts []account.Account `json:"accounts"`
	Datasets []struct {
		Slug, Publisher, Opening, Editor, Lead, File string
	} `json:"datasets"`
}) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(sampleFolder, "sample.json"))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ownIndex is the dataset that tests write to.
const ownIndex = 0

func ownSlug(t *testing.T) string { return sampleCity(t).Datasets[ownIndex].Slug }

// roleAccount returns the id of the own dataset's editor or lead.
func roleAccount(t *testing.T, role string) string {
	d := sampleCity(t).Datasets[ownIndex]
	return map[string]string{"opn_editor": d.Editor, "opn_lead": d.Lead}[role]
}

// sampleDataset returns the people of one dataset of the sample.
func sampleDataset(t *testing.T, slug string) (d struct{ Slug, Publisher, Opening, Editor, Lead, File string }) {
	t.Helper()
	for _, d := range sampleCity(t).Datasets {
		if d.Slug == slug {
			return d
		}
	}
	t.Fatalf("the sample has no dataset %s", slug)
	return d
}

func itoa(n int) string { return strconv.Itoa(n) }

// killRounds is how often the kill test kills: a few in each run, more in
// `make hard`.
func killRounds() int {
	if n, err := strconv.Atoi(os.Getenv("HARD_ROUNDS")); err == nil {
		return n
	}
	return 4
}

// killed runs a command and kills it, with its children, after a while.
func killed(t *testing.T, data string, after time.Duration, args ...string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, args...)
	c.Env = append(os.Environ(), "KAISHU_DATA="+data)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(after):
		c.Process.Kill()
		<-ended
	}
}
