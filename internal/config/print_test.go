package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/config"
)

func printed(t *testing.T, effective config.Effective) string {
	t.Helper()
	var b strings.Builder
	if err := effective.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPrintedText(t *testing.T) {
	effective := load(t, config.Sources{
		File:    file(t, "max_sockets: 10\n"),
		Environ: []string{"ACTIVITYD_MONGODB_URI=mongodb://u:hunter2@h/db", "ACTIVITYD_HISTORY=48h"},
		Flags:   map[string]string{"trusted_proxies": "10.0.0.0/8,::1"},
	})
	want := `listen: "localhost:3000"                 # default
admin_listen: "localhost:3001"           # default
domain: "localhost"                      # default
# public_url: "http://localhost:3000"    # derived from domain and listen
data_dir: "./data"                       # default
mongodb_uri: "mongodb://u:REDACTED@h/db" # environment ACTIVITYD_MONGODB_URI, secrets replaced
# registration: open                     # derived from domain and listen
log_level: info                          # default
log_format: auto                         # default
trusted_proxies: ["10.0.0.0/8", "::1"]   # flag --trusted-proxies
history: 2d                              # environment ACTIVITYD_HISTORY
session_lifetime: 30d                    # default
shutdown_grace: 8s                       # default
tls_cert: ""                             # default
tls_key: ""                              # default
acme: false                              # default
acme_email: ""                           # default
acme_directory: ""                       # default
http_listen: ""                          # default
otlp_endpoint: ""                        # default
trace_sample: 1                          # default
client_version: 4                        # default
ping_interval: 25s                       # default
ping_timeout: 20s                        # default
max_body: 1MiB                           # default
max_file: 256MiB                         # default
max_answer: 8MiB                         # default
max_packet: 1MB                          # default
max_depth: 64                            # default
max_batch: 1000                          # default
max_sockets: 10                          # activityd.yaml:1
max_sockets_per_user: 1000               # default
max_pending_commands: 64                 # default
login_rate: 10/10m                       # default
`
	if got := printed(t, effective); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// loadsAgain holds that a printed configuration means the same as a file.
func loadsAgain(t *testing.T, effective config.Effective) {
	t.Helper()
	text := printed(t, effective)
	again, err := config.Load(config.Sources{File: file(t, text)})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !reflect.DeepEqual(again.Config, effective.Config) {
		t.Errorf("\n got %+v\nwant %+v\nfrom\n%s", again.Config, effective.Config, text)
	}
}

func TestPrintedLoadsAgain(t *testing.T) {
	t.Run("defaults", func(t *testing.T) { loadsAgain(t, load(t, config.Sources{})) })
	all := config.Sources{Flags: map[string]string{}}
	for _, s := range spellings() {
		text := s.text
		switch s.name {
		case "mongodb_uri":
			text = "mongodb://h:1,i:2/d"
		case "public_url":
			text = "https://act.example.org"
		case "acme", "acme_email", "acme_directory": // beside tls_cert
			continue
		}
		all.Flags[s.name] = text
	}
	t.Run("everything set", func(t *testing.T) { loadsAgain(t, load(t, all)) })
	for _, dir := range []string{"null", "~", "true", "1", "a: b", "# x", `"`, `\`, "a\nb\t\u0085\u2028", "\u00e9\U0001F600", " x "} {
		t.Run(dir, func(t *testing.T) { loadsAgain(t, load(t, flag("data_dir", dir))) })
	}
}

func TestSecretsStaySecret(t *testing.T) {
	const password = "hunter2"
	tests := []struct{ uri, want string }{
		{"", ""},
		{"mongodb://h:1/db?replicaSet=rs", "mongodb://h:1/db?replicaSet=rs"},
		{"mongodb://u@h", "mongodb://u@h"},
		{"mongodb://u:hunter2@h:1,i:2/db?x=y", "mongodb://u:REDACTED@h:1,i:2/db?x=y"},
		{"mongodb://u:hunter2/@?#hunter2@h/db", "mongodb://u:REDACTED@h/db"},
		{"mongodb+srv://u:hunter2:hunter2@h", "mongodb+srv://u:REDACTED@h"},
		{"mongodb://h/?tlsCertificateKeyFilePassword=hunter2&w=1", "mongodb://h/?tlsCertificateKeyFilePassword=REDACTED&w=1"},
		{"mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:hunter2", "mongodb://h/?authMechanismProperties=REDACTED"},
		{"u:hunter2@h", "REDACTED"},
	}
	for _, test := range tests {
		secret := config.Secret(test.uri)
		if got := secret.String(); got != test.want {
			t.Errorf("%s shows as %s, want %s", test.uri, got, test.want)
		}
		cfg := config.Config{MongoDBURI: secret}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("start", "config", cfg, "uri", secret)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "config", cfg, "uri", secret)
		text, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(err)
		}
		shown := log.String() + string(text) + fmt.Sprintf("%v %+v %#v %s %q", cfg, cfg, cfg, secret, secret)
		if strings.Contains(shown, password) {
			t.Errorf("%s is told in %s", test.uri, shown)
		}
	}
}

func TestSecretsInMistakes(t *testing.T) {
	for name, text := range map[string]string{
		"mongodb_uri": "alice:hunter2@h",
		"public_url":  "http://alice:hunter2@localhost",
	} {
		_, err := config.Load(flag(name, text))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A saved configuration whose password was replaced must not be tried.
func TestRedactedFileIsRefused(t *testing.T) {
	text := printed(t, load(t, flag("mongodb_uri", "mongodb://u:hunter2@h")))
	_, err := config.Load(config.Sources{File: file(t, text)})
	if err == nil || !strings.Contains(err.Error(), "says REDACTED where the secret was") {
		t.Errorf("got %v", err)
	}
}

func FuzzPrintedLoadsAgain(f *testing.F) {
	settings := config.Settings()
	for i, s := range settings {
		f.Add(i, s.Default)
	}
	for _, s := range spellings() {
		for i := range settings {
			if settings[i].Name == s.name {
				f.Add(i, s.text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, i int, text string) {
		if i < 0 || i >= len(settings) {
			return
		}
		effective, err := config.Load(flag(settings[i].Name, text))
		if err != nil || strings.Contains(effective.MongoDBURI.String(), "REDACTED") {
			return
		}
		loadsAgain(t, effective)
	})
}
