package config_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/config"
)

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := config.Load(config.Sources{
		File: file(t, strings.Join([]string{
			"max_depth: deep",
			"data-dir: x",
			"colour: red",
			"ping_timeout: 0",
			"history:",
			"max_batch: [1, 2]",
			"trusted_proxies: [10.0.0.1, nonsense]",
		}, "\n")),
		Environ: []string{"ACTIVITYD_MAX_BODY=lots", "ACTIVITYD_LISTN=:1", "ACTIVITYD_MONGODB_URI=mongo://alice:hunter2@h"},
		Flags: map[string]string{
			"max_depth": "12", "admin_listen": "127.0.0.1:3000", "public_url": "http://other.example.org",
			"login_rate": "10", "registration": "maybe",
		},
	})
	want := `the configuration has 14 mistakes:
  data-dir (activityd.yaml:2): is no setting; did you mean data_dir?
  colour (activityd.yaml:3): is no setting
  history (activityd.yaml:5): has no value: give one or remove the line; allowed: a time such as 90s, 10m, 12h or 30d, from 1h to 3650d
  max_batch (activityd.yaml:6): is a list where one value is expected; allowed: a whole number from 1 to 100000
  ACTIVITYD_LISTN (environment): is no setting; did you mean ACTIVITYD_LISTEN?
  max_depth (activityd.yaml:1): "deep" is not a whole number; allowed: a whole number from 1 to 1000
  ping_timeout (activityd.yaml:4): "0" is too small; allowed: a time such as 90s, 10m, 12h or 30d, from 100ms to 10m
  trusted_proxies (activityd.yaml:7): "10.0.0.1,nonsense" holds "nonsense", which is neither an address nor a network; allowed: addresses and networks such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, separated by commas
  max_body (environment ACTIVITYD_MAX_BODY): "lots" is not a size; allowed: a size such as 1MiB, 1MB or 1048576 (bytes), from 1KiB to 1GiB
  mongodb_uri (environment ACTIVITYD_MONGODB_URI): "mongo://alice:REDACTED@h" is not a MongoDB URI; allowed: mongodb:// or mongodb+srv:// with a host; empty for SQLite
  registration (flag --registration): "maybe" is none of the choices; allowed: open, invite, closed; unset: open if domain and listen are loopback, else invite
  login_rate (flag --login-rate): "10" has no slash between attempts and window; allowed: attempts/window such as 10/10m: 1 to 1000000 attempts in 1s to 1d
  admin_listen (flag --admin-listen): "127.0.0.1:3000" is taken by listen too; allowed: another port
  public_url (flag --public-url): "http://other.example.org" has another host than domain (default), "localhost"; allowed: the domain as host, or an address for path style`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestWrongValues(t *testing.T) {
	wrong := map[string][]string{
		"listen":          {"", "3000", "localhost", "localhost:", "localhost:http", "localhost:65536", "localhost:-1", "LOCAL host:1", "[::1:1", "::1", "http://localhost:1"},
		"admin_listen":    {"", "x"},
		"domain":          {"", "Example.org", "example.org:80", "http://example.org", "example..org", ".example.org", "example.org.", "-a.org", "a-.org", "a_b.org", "127.0.0.1", "::1", "[::1]", "1.2", "ex ample", "b\u00fccher.example", strings.Repeat("a", 64), strings.Repeat("a.", 120) + "org"},
		"public_url":      {"localhost", "ftp://localhost", "http://", "http://localhost/x", "http://localhost?", "http://localhost?a=b", "http://localhost#", "http://localhost:0", "http://localhost:99999", "http://u@localhost", "http://LOCALHOST", "http://sub.localhost", "://", "http://local host"},
		"data_dir":        {"", "a\x00b", "a\xffb"},
		"mongodb_uri":     {"localhost", "http://localhost", "mongodb://", "mongodb://u:p@", "mongodb:///db", "mongodb://?x=1", "mongodb://u:REDACTED@h", "mongodb://h/?tlsCertificateKeyFilePassword=REDACTED"},
		"registration":    {"Open", "yes"},
		"log_level":       {"", "INFO", "info+1", "trace"},
		"log_format":      {"", "logfmt"},
		"client_version":  {"", "3", "4.0", "0.90"},
		"trusted_proxies": {"x", "10.0.0.1/8", "10.0.0.0/33", "fe80::1%eth0", "::ffff:10.0.0.0/104", "10.0.0.0/8;::1"},
		"history":         {"", "30", "d", "-1d", "1.5d", "1dd", "1d-1h", "1d+1h", "59m", "3651d", "99999999999999999999d", "200000d", "106751d23h50m"},
		"shutdown_grace":  {"-1s", "61m"},
		"ping_timeout":    {"0", "0s", "99ms", "11m", "-20s"},
		"ping_interval":   {"0", "1h"},
		"max_body":        {"", "0", "-1", "1.5MiB", "1M", "1023", "2GiB", "MiB", "1 MiB B", "9223372036854775808", "99999999999999TiB", "+1MiB", "1e6", "0x400000"},
		"max_depth":       {"", "0", "1001", "1.0", "ten", "99999999999999999999"},
		"tls_cert":        {"a\x00b"},
		"acme":            {"", "yes", "True", "1"},
		"acme_email":      {"ops", "ops@", "@example.org", "o ps@example.org", "ops@example..org", "<ops@example.org>"},
		"acme_directory":  {"http://ca.example.org/dir", "ca.example.org", "https://", "https://u:p@ca.example.org", "https://ca.example.org/dir?x", "https://CA.example.org"},
		"http_listen":     {"80", "localhost"},
		"otlp_endpoint":   {"localhost:4318", "ftp://localhost", "http://", "http://u@localhost", "http://localhost?x=1", "http://localhost#x", "http://local host"},
		"trace_sample":    {"", "-0.1", "1.1", "NaN", "Inf", "all"},
		"login_rate":      {"", "10", "10/", "/10m", "0/10m", "10/0s", "10/2d", "-1/1m", "10/10m/1", "x/y"},
	}
	for name, texts := range wrong {
		for _, text := range texts {
			t.Run(name+"="+text, func(t *testing.T) {
				_, err := config.Load(flag(name, text))
				var mistakes config.Mistakes
				if !errors.As(err, &mistakes) {
					t.Fatalf("got %v, want a mistake", err)
				}
				if len(mistakes) != 1 || mistakes[0].Setting != name || mistakes[0].Allowed == "" || strings.Contains(err.Error(), "%!") {
					t.Errorf("got %v, want one mistake of %s", err, name)
				}
			})
		}
	}
}

func TestRightValues(t *testing.T) {
	right := map[string][]string{
		"listen":          {":0", "0.0.0.0:65535", "[::]:80", "my-host.example:1"},
		"domain":          {"a", "xn--bcher-kva.example", "1password.com", strings.Repeat("a.", 114) + "org"},
		"public_url":      {"", "http://localhost", "https://localhost:8443/", "http://10.0.0.1:3000", "https://[fd00::1]"},
		"mongodb_uri":     {"", "mongodb://h", "mongodb+srv://u:p%40@h.example/db?x=y", "mongodb://%2Ftmp%2Fmongodb.sock/db"},
		"trusted_proxies": {"", " , ", "0.0.0.0/0", "::ffff:10.0.0.1"},
		"history":         {"1h", "3650d", "24h"},
		"max_body":        {"1KiB", "2kb", "1024B", "1 GiB"},
	}
	for name, texts := range right {
		for _, text := range texts {
			t.Run(name+"="+text, func(t *testing.T) {
				sources := flag(name, text)
				if name == "domain" {
					sources.Flags["listen"] = ":0"
				}
				load(t, sources)
			})
		}
	}
}

func TestSettingsOfTLSTogether(t *testing.T) {
	tests := []struct {
		name  string
		flags map[string]string
		want  []string // starts of the mistakes
	}{
		{"files", map[string]string{"tls_cert": "c", "tls_key": "k", "http_listen": ":80"}, nil},
		{"a certificate alone", map[string]string{"tls_cert": "c"}, []string{"tls_cert (flag --tls-cert): \"c\" has no tls_key"}},
		{"a key alone", map[string]string{"tls_key": "k"}, []string{"tls_key (flag --tls-key): \"k\" has no tls_cert"}},
		{"acme", map[string]string{"acme": "true", "domain": "act.example.org", "acme_email": "a@b.org", "http_listen": ":80"}, nil},
		{"acme for nobody", map[string]string{"acme": "true"}, []string{"acme (flag --acme): \"true\" needs a domain that others can reach, and domain (default) is \"localhost\""}},
		{"both", map[string]string{"acme": "true", "domain": "a.org", "tls_cert": "c", "tls_key": "k"}, []string{"acme (flag --acme): \"true\" is beside a certificate"}},
		{"without acme", map[string]string{"acme_email": "a@b.org", "acme_directory": "https://ca.example.org/dir"}, []string{"acme_email (", "acme_directory ("}},
		{"without TLS", map[string]string{"http_listen": ":80"}, []string{"http_listen (flag --http-listen): \":80\" is beside a listen without TLS"}},
		{"http", map[string]string{"tls_cert": "c", "tls_key": "k", "public_url": "http://localhost"}, []string{"public_url (flag --public-url): \"http://localhost\" is not https"}},
		{"one socket", map[string]string{"tls_cert": "c", "tls_key": "k", "http_listen": ":3001"}, []string{"http_listen (flag --http-listen): \":3001\" is taken by admin_listen"}},
		{"everything", map[string]string{"acme": "true", "tls_key": "k", "http_listen": "localhost:3000"}, []string{
			"http_listen (flag --http-listen): \"localhost:3000\" is taken by listen", "tls_key (", "acme (flag --acme): \"true\" is beside", "acme (flag --acme): \"true\" needs",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := config.Load(config.Sources{Flags: test.flags})
			var mistakes config.Mistakes
			if errors.As(err, &mistakes); len(mistakes) != len(test.want) {
				t.Fatalf("got %v, want %d mistakes", err, len(test.want))
			}
			for i, want := range test.want {
				if got := mistakes[i].String(); !strings.HasPrefix(got, want) {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
}

func TestPublicURLWithTLS(t *testing.T) {
	tests := []struct {
		flags map[string]string
		want  string
	}{
		{map[string]string{"tls_cert": "c", "tls_key": "k"}, "https://localhost:4000"},
		{map[string]string{"tls_cert": "c", "tls_key": "k", "listen": ":443"}, "https://localhost"},
		{map[string]string{"tls_cert": "c", "tls_key": "k", "domain": "a.org"}, "https://a.org:4000"},
		{map[string]string{"acme": "true", "domain": "a.org"}, "https://a.org"},
		{map[string]string{"tls_cert": "c", "tls_key": "k", "public_url": "https://localhost"}, "https://localhost"},
	}
	for _, test := range tests {
		if test.flags["listen"] == "" {
			test.flags["listen"] = "localhost:0"
		}
		cfg := load(t, config.Sources{Flags: test.flags}).Config
		if test.flags["listen"] == "localhost:0" {
			cfg = cfg.WithPort(4000)
		}
		if cfg.PublicURL != test.want {
			t.Errorf("%v: got %s, want %s", test.flags, cfg.PublicURL, test.want)
		}
	}
}

func TestSameSocket(t *testing.T) {
	tests := []struct {
		listen, admin string
		clash         bool
	}{
		{"localhost:3000", "localhost:3000", true},
		{":3000", "localhost:3000", true},
		{"localhost:3000", "0.0.0.0:3000", true},
		{"[::]:3000", "127.0.0.1:3000", true},
		{"[::1]:3000", "localhost:3000", true},
		{"localhost:3000", "localhost:3001", false},
		{"10.0.0.1:3000", "127.0.0.1:3000", false},
		{"localhost:0", "localhost:0", false},
	}
	for _, test := range tests {
		_, err := config.Load(config.Sources{Flags: map[string]string{"listen": test.listen, "admin_listen": test.admin}})
		if clash := err != nil; clash != test.clash {
			t.Errorf("listen %s, admin_listen %s: %v", test.listen, test.admin, err)
		}
	}
}

func TestFiles(t *testing.T) {
	tests := []struct {
		name, text string
		mistake    string // empty: none
	}{
		{"empty", "", ""},
		{"only comments", "# nothing\n---\n", ""},
		{"numbers as written", "client_version: 0.9\nmax_sockets: 12\n", ""},
		{"list", "trusted_proxies:\n  - 10.0.0.0/8\n  - \"::1\"\n", ""},
		{"list as text", "trusted_proxies: 10.0.0.0/8, 127.0.0.1\n", ""},
		{"two documents", "max_depth: 1\n---\nmax_depth: 2\n", "more than one YAML document"},
		{"a list at the root", "- listen\n", `is not a list of lines like "listen: localhost:3000"`},
		{"the same key twice", "max_depth: 1\nmax_depth: 2\n", "already defined"},
		{"broken", "mongodb_uri: \"mongodb://u:hunter2@h\nmax_depth: 2\n", "is not valid YAML"},
		{"nested", "max_depth: {a: hunter2}\n", "max_depth (activityd.yaml:1): is not a plain value"},
		{"nested list", "trusted_proxies: [[hunter2]]\n", "has an entry that is a list"},
		{"alias", "max_depth: &a 3\nmax_batch: *a\n", "is not a plain value"},
		{"strange key", "\"a\\nb\": hunter2\n", `"a\nb" (activityd.yaml:1): is no setting`},
		{"merge", "<<: {max_depth: 3}\n", "<< (activityd.yaml:1): is no setting"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := config.Load(config.Sources{File: file(t, test.text)})
			switch {
			case test.mistake == "" && err != nil:
				t.Error(err)
			case test.mistake != "" && (err == nil || !strings.Contains(err.Error(), test.mistake)):
				t.Errorf("got %v, want %s", err, test.mistake)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Errorf("the error tells a value: %v", err)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	for origin, sources := range map[string]config.Sources{
		"flag --config":                {File: path},
		"environment ACTIVITYD_CONFIG": {Environ: []string{"ACTIVITYD_CONFIG=" + path}},
	} {
		_, err := config.Load(sources)
		if err == nil || !strings.Contains(err.Error(), "config ("+origin+"): cannot be read: ") {
			t.Errorf("%s: got %v", origin, err)
		}
	}
}
