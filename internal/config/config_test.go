package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/config"
)

// load is config.Load without mistakes.
func load(t *testing.T, sources config.Sources) config.Effective {
	t.Helper()
	effective, err := config.Load(sources)
	if err != nil {
		t.Fatalf("Load(%+v): %v", sources, err)
	}
	return effective
}

// file writes a configuration file and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "activityd.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func flag(name, text string) config.Sources {
	return config.Sources{Flags: map[string]string{name: text}}
}

func TestDefaults(t *testing.T) {
	want := config.Config{
		Listen:             "localhost:3000",
		AdminListen:        "localhost:3001",
		Domain:             "localhost",
		PublicURL:          "http://localhost:3000",
		DataDir:            "./data",
		Registration:       config.RegistrationOpen,
		LogLevel:           slog.LevelInfo,
		LogFormat:          config.LogAuto,
		ClientVersion:      config.Client4,
		PingInterval:       25 * time.Second,
		PingTimeout:        20 * time.Second,
		History:            30 * 24 * time.Hour,
		SessionLifetime:    30 * 24 * time.Hour,
		MaxBody:            1 << 20,
		MaxFile:            256 << 20,
		MaxAnswer:          8 << 20,
		MaxPacket:          1_000_000,
		MaxDepth:           64,
		MaxBatch:           1000,
		MaxSockets:         100_000,
		MaxSocketsPerUser:  1000,
		MaxPendingCommands: 64,
		LoginRate:          config.Rate{Attempts: 10, Window: 10 * time.Minute},
		ShutdownGrace:      8 * time.Second,
		TraceSample:        1,
	}
	if got := load(t, config.Sources{}).Config; !reflect.DeepEqual(got, want) {
		t.Errorf("defaults:\n got %+v\nwant %+v", got, want)
	}
}

// spelling is a setting with a value that is not its default.
type spelling struct {
	name string
	text string
	want any
	get  func(config.Config) any
}

func spellings() []spelling {
	return []spelling{
		{"listen", ":8080", ":8080", func(c config.Config) any { return c.Listen }},
		{"admin_listen", "[::1]:9", "[::1]:9", func(c config.Config) any { return c.AdminListen }},
		{"domain", "act.example.org", "act.example.org", func(c config.Config) any { return c.Domain }},
		{"public_url", "https://localhost/", "https://localhost", func(c config.Config) any { return c.PublicURL }},
		{"tls_cert", "/etc/a b.pem", "/etc/a b.pem", func(c config.Config) any { return c.TLSCert }},
		{"tls_key", "key.pem", "key.pem", func(c config.Config) any { return c.TLSKey }},
		{"acme", "true", true, func(c config.Config) any { return c.ACME }},
		{"acme_email", "ops@Example.org", "ops@Example.org", func(c config.Config) any { return c.ACMEEmail }},
		{"acme_directory", "https://localhost:14000/dir", "https://localhost:14000/dir", func(c config.Config) any { return c.ACMEDirectory }},
		{"http_listen", ":80", ":80", func(c config.Config) any { return c.HTTPListen }},
		{"otlp_endpoint", "http://localhost:4318", "http://localhost:4318/v1/traces", func(c config.Config) any { return c.OTLPEndpoint }},
		{"trace_sample", "0.25", 0.25, func(c config.Config) any { return c.TraceSample }},
		{"data_dir", "/var/lib/a b#c: d", "/var/lib/a b#c: d", func(c config.Config) any { return c.DataDir }},
		{"mongodb_uri", "mongodb://u:p@h:1,i:2/d", config.Secret("mongodb://u:p@h:1,i:2/d"), func(c config.Config) any { return c.MongoDBURI }},
		{"registration", "closed", config.RegistrationClosed, func(c config.Config) any { return c.Registration }},
		{"log_level", "warn", slog.LevelWarn, func(c config.Config) any { return c.LogLevel }},
		{"log_format", "json", config.LogJSON, func(c config.Config) any { return c.LogFormat }},
		{"trusted_proxies", "10.0.0.0/8, ::1", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
			func(c config.Config) any { return c.TrustedProxies }},
		{"history", "1d12h", 36 * time.Hour, func(c config.Config) any { return c.History }},
		{"session_lifetime", "90m", 90 * time.Minute, func(c config.Config) any { return c.SessionLifetime }},
		{"shutdown_grace", "0s", time.Duration(0), func(c config.Config) any { return c.ShutdownGrace }},
		{"client_version", "0.9", config.Client09, func(c config.Config) any { return c.ClientVersion }},
		{"ping_interval", "300ms", 300 * time.Millisecond, func(c config.Config) any { return c.PingInterval }},
		{"ping_timeout", "1m", time.Minute, func(c config.Config) any { return c.PingTimeout }},
		{"max_body", "2MB", int64(2_000_000), func(c config.Config) any { return c.MaxBody }},
		{"max_file", "1 gib", int64(1 << 30), func(c config.Config) any { return c.MaxFile }},
		{"max_answer", "4096", int64(4096), func(c config.Config) any { return c.MaxAnswer }},
		{"max_packet", "64KiB", int64(65536), func(c config.Config) any { return c.MaxPacket }},
		{"max_depth", "32", 32, func(c config.Config) any { return c.MaxDepth }},
		{"max_batch", "10", 10, func(c config.Config) any { return c.MaxBatch }},
		{"max_sockets", "5", 5, func(c config.Config) any { return c.MaxSockets }},
		{"max_sockets_per_user", "6", 6, func(c config.Config) any { return c.MaxSocketsPerUser }},
		{"max_pending_commands", "7", 7, func(c config.Config) any { return c.MaxPendingCommands }},
		{"login_rate", "3/1m30s", config.Rate{Attempts: 3, Window: 90 * time.Second}, func(c config.Config) any { return c.LoginRate }},
	}
}

// beside gives the flags that a setting cannot do without.
func beside(name string) map[string]string {
	switch name {
	case "tls_cert", "http_listen":
		return map[string]string{"tls_cert": "cert.pem", "tls_key": "key.pem"}
	case "tls_key":
		return map[string]string{"tls_cert": "cert.pem"}
	case "acme":
		return map[string]string{"domain": "act.example.org"}
	case "acme_email", "acme_directory":
		return map[string]string{"domain": "act.example.org", "acme": "true"}
	}
	return nil
}

func TestEverySettingInThreeSpellings(t *testing.T) {
	table := map[string]spelling{}
	for _, s := range spellings() {
		table[s.name] = s
	}
	settings := config.Settings()
	if len(table) != len(settings) {
		t.Errorf("%d spellings for %d settings", len(table), len(settings))
	}
	for _, s := range settings {
		row, ok := table[s.Name]
		if !ok {
			t.Errorf("%s: no spelling", s.Name)
			continue
		}
		yaml, err := json.Marshal(row.text) // a JSON string is a YAML string
		if err != nil {
			t.Fatal(err)
		}
		sources := map[string]config.Sources{
			"flag --" + s.Flag():     flag(s.Name, row.text),
			"environment " + s.Env(): {Environ: []string{s.Env() + "=" + row.text}},
			"activityd.yaml:2":       {File: file(t, fmt.Sprintf("# a comment\n%s: %s\n", s.Name, yaml))},
			"activityd.yaml:1":       {Environ: []string{"ACTIVITYD_CONFIG=" + file(t, fmt.Sprintf("%s: %s\n", s.Name, yaml))}},
		}
		for origin, source := range sources {
			t.Run(s.Name+" from "+origin, func(t *testing.T) {
				all := maps.Clone(beside(s.Name))
				delete(all, s.Name)
				if all == nil {
					all = map[string]string{}
				}
				maps.Copy(all, source.Flags)
				source.Flags = all
				effective := load(t, source)
				if got := row.get(effective.Config); !reflect.DeepEqual(got, row.want) {
					t.Errorf("got %#v, want %#v", got, row.want)
				}
				if got := effective.Origin(s.Name); got != origin {
					t.Errorf("origin %q, want %q", got, origin)
				}
			})
		}
	}
}

func TestSpellingsOfNames(t *testing.T) {
	for _, s := range config.Settings() {
		if s.Name == "data_dir" && (s.Flag() != "data-dir" || s.Env() != "ACTIVITYD_DATA_DIR") {
			t.Errorf("data_dir is spelt --%s and %s", s.Flag(), s.Env())
		}
		if s.Help == "" || s.Allowed == "" {
			t.Errorf("%s: help %q, allowed %q", s.Name, s.Help, s.Allowed)
		}
	}
}

func TestPrecedence(t *testing.T) {
	path := file(t, "max_depth: 1\nmax_batch: 1\nmax_sockets: 1\n")
	tests := []struct {
		name    string
		sources config.Sources
		depth   int
		origin  string
	}{
		{"default", config.Sources{}, 64, "default"},
		{"file over default", config.Sources{File: path}, 1, "activityd.yaml:1"},
		{"environment over file", config.Sources{File: path, Environ: []string{"ACTIVITYD_MAX_DEPTH=2"}}, 2, "environment ACTIVITYD_MAX_DEPTH"},
		{"an empty variable is none", config.Sources{File: path, Environ: []string{"ACTIVITYD_MAX_DEPTH="}}, 1, "activityd.yaml:1"},
		{"the last variable counts", config.Sources{Environ: []string{"ACTIVITYD_MAX_DEPTH=2", "ACTIVITYD_MAX_DEPTH=3"}}, 3, "environment ACTIVITYD_MAX_DEPTH"},
		{"flag over all", config.Sources{
			File: path, Environ: []string{"ACTIVITYD_MAX_DEPTH=2"}, Flags: map[string]string{"max_depth": "3"},
		}, 3, "flag --max-depth"},
		{"flag's file over the environment's", config.Sources{
			File: path, Environ: []string{"ACTIVITYD_CONFIG=" + file(t, "max_depth: 9\n")},
		}, 1, "activityd.yaml:1"},
		{"variables of others", config.Sources{Environ: []string{
			"PATH=/bin", "activityd_max_depth=5", "ACTIVITYD_TEST_MONGODB_URI=x", "ACTIVITYD_MONGOD=/bin/true", "ACTIVITYD_CONFIG=",
		}}, 64, "default"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := load(t, test.sources)
			if got.MaxDepth != test.depth || got.Origin("max_depth") != test.origin {
				t.Errorf("max_depth %d (%s), want %d (%s)", got.MaxDepth, got.Origin("max_depth"), test.depth, test.origin)
			}
		})
	}
}

func TestDerived(t *testing.T) {
	tests := []struct {
		listen, domain string
		registration   config.Registration
		url            string
	}{
		{"localhost:3000", "localhost", config.RegistrationOpen, "http://localhost:3000"},
		{"127.0.0.1:80", "app.localhost", config.RegistrationOpen, "http://app.localhost"},
		{"[::1]:1", "localhost", config.RegistrationOpen, "http://localhost:1"},
		{":3000", "localhost", config.RegistrationInvite, "http://localhost:3000"},
		{"0.0.0.0:3000", "localhost", config.RegistrationInvite, "http://localhost:3000"},
		{"192.168.1.5:3000", "localhost", config.RegistrationInvite, "http://localhost:3000"},
		{"localhost:3000", "example.org", config.RegistrationInvite, "https://example.org"},
		{"localhost:3000", "notlocalhost", config.RegistrationInvite, "https://notlocalhost"},
	}
	for _, test := range tests {
		t.Run(test.listen+" "+test.domain, func(t *testing.T) {
			got := load(t, config.Sources{Flags: map[string]string{"listen": test.listen, "domain": test.domain}})
			if got.Registration != test.registration || got.PublicURL != test.url {
				t.Errorf("registration %s, url %s; want %s, %s", got.Registration, got.PublicURL, test.registration, test.url)
			}
		})
	}
}

func TestWithPort(t *testing.T) {
	tests := []struct {
		flags map[string]string
		want  string
	}{
		{map[string]string{"listen": "localhost:0"}, "http://localhost:4711"},
		{map[string]string{"listen": ":0", "domain": "example.org"}, "https://example.org"},
		{map[string]string{"listen": "localhost:0", "public_url": "http://localhost:99"}, "http://localhost:99"},
		{map[string]string{"listen": ":0", "public_url": "http://192.168.1.5:99"}, "http://192.168.1.5:99"},
	}
	for _, test := range tests {
		before := load(t, config.Sources{Flags: test.flags}).Config
		if got := before.WithPort(4711).PublicURL; got != test.want {
			t.Errorf("%v: %s, want %s", test.flags, got, test.want)
		}
	}
}

func TestNear(t *testing.T) {
	names := []string{"listen", "max_body", "max_file", "max_sockets", "domain"}
	tests := map[string]string{
		"listn": "listen", "LISTEN": "listen", "max-body": "max_body", "maxbody": "max_body", "max_fiel": "max_file",
		"max_socket": "max_sockets", "": "", "x": "", "colour": "", strings.Repeat("listen", 100): "",
	}
	for name, want := range tests {
		if got := config.Near(name, names); got != want {
			t.Errorf("Near(%q) = %q, want %q", name, got, want)
		}
	}
}
