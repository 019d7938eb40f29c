package main

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaishu/internal/infra/clam"
)

// Config is everything that an operator may set, by environment variable or
// by a line KEY=VALUE in a file. Zero values are usable. The law's numbers are
// not here: they are terms and code lists, with dates.
type Config struct {
	Data           string        `env:"KAISHU_DATA" default:"var/data" doc:"folder that holds everything: database, objects, caches"`
	Listen         string        `env:"KAISHU_LISTEN" default:"127.0.0.1:8080" doc:"address to serve on"`
	PublicURL      string        `env:"KAISHU_PUBLIC_URL" doc:"address that the public uses, e.g. https://data.example.cn; the request's own if empty"`
	Dev            bool          `env:"KAISHU_DEV" doc:"true: for development on this machine only; one click signs in as anybody of the sample"`
	SMTPHost       string        `env:"KAISHU_SMTP_HOST" doc:"mail server; no letters are sent if empty"`
	SMTPPort       int           `env:"KAISHU_SMTP_PORT" doc:"its port; 0 for the usual one"`
	SMTPTLS        string        `env:"KAISHU_SMTP_TLS" default:"starttls" doc:"starttls, implicit or none"`
	SMTPUser       string        `env:"KAISHU_SMTP_USER" doc:"account on the mail server; none if empty"`
	SMTPPassword   string        `env:"KAISHU_SMTP_PASSWORD_FILE" doc:"file that holds its password"`
	SMTPFrom       string        `env:"KAISHU_SMTP_FROM" doc:"address that letters come from"`
	Reachable      []string      `env:"KAISHU_REACHABLE" doc:"networks of the operator that webhooks may reach, separated by commas; the public's may be reached always"`
	ReachablePorts []string      `env:"KAISHU_REACHABLE_PORTS" doc:"ports there beside 80, 443, 8080 and 8443"`
	Clamd          string        `env:"KAISHU_CLAMD" doc:"virus scanner that looks at what people send in, unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310; files of which it says nothing are held. None if empty"`
	OIDCIssuer     string        `env:"KAISHU_OIDC_ISSUER" doc:"OpenID provider by which people may sign in; none if empty"`
	OIDCClient     string        `env:"KAISHU_OIDC_CLIENT_ID" doc:"name of this platform there"`
	OIDCSecret     string        `env:"KAISHU_OIDC_SECRET_FILE" doc:"file that holds its secret there; none for a public client"`
	OIDCName       string        `env:"KAISHU_OIDC_NAME" default:"OpenID" doc:"the provider's name as people know it"`
	OIDCRealm      string        `env:"KAISHU_OIDC_REALM" default:"public" doc:"whose entrance it stands at: public or office"`
	Databases      string        `env:"KAISHU_DATABASES" doc:"folder of database connections that the public-data catalogue may be read from: one file each, named as the connection, with a connection string of PostgreSQL; none if empty"`
	TrustedProxies []string      `env:"KAISHU_TRUSTED_PROXIES" doc:"networks whose X-Forwarded-For is believed, separated by commas"`
	Connections    int           `env:"KAISHU_CONNECTIONS" doc:"engine connections; 0 for one per core"`
	Memory         int           `env:"KAISHU_MEMORY_MB" default:"512" doc:"memory of the query engine, MiB"`
	QueryTime      time.Duration `env:"KAISHU_QUERY_TIME" default:"10s" doc:"longest time of one query"`
	Workers        int           `env:"KAISHU_WORKERS" doc:"files read at the same time; 0 for half the cores, at least one"`
	WorkerMemory   int           `env:"KAISHU_WORKER_MEMORY_MB" default:"1200" doc:"memory of one reading worker, MiB"`
	WorkerTime     time.Duration `env:"KAISHU_WORKER_TIME" default:"30m" doc:"longest time for reading one file"`
	MaxUpload      int           `env:"KAISHU_MAX_UPLOAD_MB" default:"20480" doc:"largest file that may be sent, MiB"`
	TokenFile      string        `env:"KAISHU_TOKEN_FILE" doc:"file that holds the access token of kaishu call; nobody's if empty"`
	FairUse        int           `env:"KAISHU_FAIR_USE" default:"600" doc:"requests per minute and address that anybody may make; a query counts as several; 0 for no limit"`
}

// loadConfig reads defaults, then the file that KAISHU_CONFIG names, then the
// environment. It fails naming every unknown key and every bad value.
func loadConfig(environ []string) (Config, error) {
	given := map[string]string{}
	var faults []string
	if path := lookup(environ, "KAISHU_CONFIG"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			return Config{}, err
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for n := 1; lines.Scan(); n++ {
			line := strings.TrimSpace(lines.Text())
			if line == "" || line[0] == '#' {
				continue
			}
			k, v, ok := strings.Cut(line, "=")
			if !ok {
				faults = append(faults, fmt.Sprintf("%s:%d: not KEY=VALUE", path, n))
			}
			given[strings.TrimSpace(k)] = strings.TrimSpace(v)
		}
	}
	for _, e := range environ {
		if k, v, _ := strings.Cut(e, "="); strings.HasPrefix(k, "KAISHU_") && k != "KAISHU_CONFIG" {
			given[k] = v
		}
	}
	var c Config
	faults = append(faults, c.fill(given)...)
	if len(faults) > 0 {
		slices.Sort(faults)
		return c, fmt.Errorf("configuration:\n  %s", strings.Join(faults, "\n  "))
	}
	return c, nil
}

func lookup(environ []string, key string) string {
	for _, e := range environ {
		if v, ok := strings.CutPrefix(e, key+"="); ok {
			return v
		}
	}
	return ""
}

func (c *Config) fill(given map[string]string) (faults []string) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		text, ok := given[tag.Get("env")]
		delete(given, tag.Get("env"))
		if !ok {
			text = tag.Get("default")
		}
		if err := set(v.Field(i), text); err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", tag.Get("env"), err))
		}
	}
	for k := range given {
		faults = append(faults, k+": unknown")
	}
	for key, networks := range map[string][]string{"KAISHU_TRUSTED_PROXIES": c.TrustedProxies, "KAISHU_REACHABLE": c.Reachable} {
		for _, p := range networks {
			if _, err := netip.ParsePrefix(p); err != nil {
				faults = append(faults, key+": "+err.Error())
			}
		}
	}
	for _, port := range c.ReachablePorts {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			faults = append(faults, "KAISHU_REACHABLE_PORTS: "+port+" is no port")
		}
	}
	if c.Clamd != "" {
		if _, err := clam.New(c.Clamd); err != nil {
			faults = append(faults, "KAISHU_CLAMD: "+err.Error())
		}
	}
	if c.OIDCRealm != "public" && c.OIDCRealm != "office" {
		faults = append(faults, "KAISHU_OIDC_REALM: "+c.OIDCRealm+" is neither public nor office")
	}
	if c.Workers == 0 {
		c.Workers = max(1, runtime.NumCPU()/2)
	}
	return faults
}

func set(field reflect.Value, text string) error {
	if text == "" {
		return nil
	}
	switch field.Interface().(type) {
	case string:
		field.SetString(text)
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		field.SetBool(b)
	case []string:
		field.Set(reflect.ValueOf(strings.Split(text, ",")))
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is not a length of time such as 10s", text)
		}
		field.SetInt(int64(d))
	case int:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is not a whole number from 0", text)
		}
		field.SetInt(int64(n))
	}
	return nil
}

// ports are the further ports that may be reached.
func (c Config) ports() (all []uint16) {
	for _, text := range c.ReachablePorts {
		if n, err := strconv.ParseUint(text, 10, 16); err == nil { // checked when the configuration was read
			all = append(all, uint16(n))
		}
	}
	return all
}

// print writes the effective values, as they could stand in a file.
func (c Config) print(w io.Writer) {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		value := fmt.Sprint(v.Field(i).Interface())
		if list, ok := v.Field(i).Interface().([]string); ok {
			value = strings.Join(list, ",")
		}
		fmt.Fprintf(w, "# %s\n%s=%s\n", tag.Get("doc"), tag.Get("env"), value)
	}
}
