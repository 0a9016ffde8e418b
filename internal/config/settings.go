package config

import (
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// Setting is one row of the table that drives flags, environment, file,
// validation and printing.
type Setting struct {
	// Name is the spelling in the file, such as data_dir.
	Name string

	// Default is the value as text when nothing else is given. Empty means
	// none, or one that is derived from other settings.
	Default string

	// Help is a line for people; a word in backquotes names the value.
	Help string

	// Allowed says which values are accepted.
	Allowed string

	// List is true when the value is a list, in text separated by commas.
	List bool

	quoted bool // in YAML
	set    func(*Config, string) error
	get    func(Config) string
	show   func(string) string // the text without its secrets
}

// Flag is the spelling on the command line, without the hyphens before it.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Name, "_", "-") }

// Env is the spelling in the environment.
func (s Setting) Env() string { return envPrefix + strings.ToUpper(s.Name) }

// Settings returns the table, in the order for people. The slice is the
// caller's.
func Settings() []Setting {
	var all []Setting
	all = append(all, serviceSettings()...)
	all = append(all, tlsSettings()...)
	all = append(all, watchSettings()...)
	all = append(all, socketSettings()...)
	return append(all, limitSettings()...)
}

func serviceSettings() []Setting {
	const (
		longest = 3650 * day
		uris    = "mongodb:// or mongodb+srv:// with a host; empty for SQLite"
	)
	uri := kind[Secret]{allowed: uris, parse: parseMongoDBURI, format: func(s Secret) string { return string(s) }, quoted: true}
	proxies := kind[[]netip.Prefix]{
		allowed: "addresses and networks such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, separated by commas",
		parse:   parsePrefixes, format: formatPrefixes,
	}
	level := kind[slog.Level]{allowed: "debug, info, warn, error", parse: parseLevel, format: formatLevel}
	modes := choice(RegistrationOpen, RegistrationInvite, RegistrationClosed).orEmpty(
		"; unset: open if domain and listen are loopback, else invite")
	url := kind[string]{allowed: "http:// or https:// with a host and perhaps a port", parse: parsePublicURL, format: same, quoted: true}

	settings := []Setting{
		row("listen", "localhost:3000", "`host:port` of the service", address(), func(c *Config) *string { return &c.Listen }),
		row("admin_listen", "localhost:3001", "`host:port` of /healthz, /readyz and /metrics", address(), func(c *Config) *string { return &c.AdminListen }),
		row("domain", "localhost", "`host` below which users have their subdomains", hostName(), func(c *Config) *string { return &c.Domain }),
		row("public_url", "", "`url` by which clients reach the service (default: made from domain and listen)",
			url.orEmpty("; unset: made from domain and listen"), func(c *Config) *string { return &c.PublicURL }),
		row("data_dir", "./data", "`directory` of the store, keys and files", path(), func(c *Config) *string { return &c.DataDir }),
		row("mongodb_uri", "", "`uri` of a MongoDB replica set to use in place of SQLite", uri, func(c *Config) *Secret { return &c.MongoDBURI }),
		row("registration", "", "`who` may make an account: open, invite or closed (default: open if domain and listen are loopback, else invite)",
			modes, func(c *Config) *Registration { return &c.Registration }),
		row("log_level", "info", "least `level` that is logged: debug, info, warn or error", level, func(c *Config) *slog.Level { return &c.LogLevel }),
		row("log_format", "auto", "`form` of log lines: text, json, or auto (text on a terminal)",
			choice(LogAuto, LogText, LogJSON), func(c *Config) *LogFormat { return &c.LogFormat }),
		row("trusted_proxies", "", "`networks` whose X-Forwarded headers are believed", proxies, func(c *Config) *[]netip.Prefix { return &c.TrustedProxies }),
		row("history", "30d", "how `long` changes can be read again", durations(time.Hour, longest), func(c *Config) *time.Duration { return &c.History }),
		row("session_lifetime", "30d", "how `long` a sign-in lasts", durations(time.Minute, longest), func(c *Config) *time.Duration { return &c.SessionLifetime }),
		row("shutdown_grace", "8s", "how `long` requests may take to finish after SIGTERM", durations(0, time.Hour), func(c *Config) *time.Duration { return &c.ShutdownGrace }),
	}
	for i, s := range settings {
		switch s.Name {
		case "mongodb_uri":
			settings[i].show = redactURI
		case "public_url":
			settings[i].show = showURL
		case "trusted_proxies":
			settings[i].List = true
		}
	}
	return settings
}

func socketSettings() []Setting {
	const shortest, longest = 100 * time.Millisecond, 10 * time.Minute
	return []Setting{
		row("client_version", "4", "`generation` of the client at /socket.io/socket.io.js: 4, 2 or 0.9",
			choice(Client4, Client2, Client09), func(c *Config) *ClientVersion { return &c.ClientVersion }),
		row("ping_interval", "25s", "`time` between heartbeats of a socket", durations(shortest, longest), func(c *Config) *time.Duration { return &c.PingInterval }),
		row("ping_timeout", "20s", "`time` after which a silent or stalled socket is closed", durations(shortest, longest), func(c *Config) *time.Duration { return &c.PingTimeout }),
	}
}

func limitSettings() []Setting {
	return []Setting{
		row("max_body", "1MiB", "`size` of a JSON body", sizes(kib, gib), func(c *Config) *int64 { return &c.MaxBody }),
		row("max_file", "256MiB", "`size` of the files in one request", sizes(kib, tib), func(c *Config) *int64 { return &c.MaxFile }),
		row("max_answer", "8MiB", "`size` of the answer to one batch or command", sizes(kib, gib), func(c *Config) *int64 { return &c.MaxAnswer }),
		row("max_packet", "1MB", "`size` of one socket packet", sizes(kib, gib), func(c *Config) *int64 { return &c.MaxPacket }),
		row("max_depth", "64", "`levels` of nesting in JSON", ints(1, 1000), func(c *Config) *int { return &c.MaxDepth }),
		row("max_batch", "1000", "`entries` in one batch", ints(1, 100_000), func(c *Config) *int { return &c.MaxBatch }),
		row("max_sockets", "100000", "`sockets` at once on this server", ints(1, 10_000_000), func(c *Config) *int { return &c.MaxSockets }),
		row("max_sockets_per_user", "1000", "`sockets` of one user at once on this server", ints(1, 10_000_000), func(c *Config) *int { return &c.MaxSocketsPerUser }),
		row("max_pending_commands", "64", "`commands` of one socket that wait behind the one that runs", ints(1, 10_000), func(c *Config) *int { return &c.MaxPendingCommands }),
		row("login_rate", "10/10m", "failed sign-ins per user and address, as `attempts/window`", rates(), func(c *Config) *Rate { return &c.LoginRate }),
	}
}

// row joins a name, a kind of value and the field that holds it.
func row[T any](name, fallback, help string, k kind[T], field func(*Config) *T) Setting {
	return Setting{
		Name: name, Default: fallback, Help: help, Allowed: k.allowed, quoted: k.quoted,
		set: func(c *Config, text string) error {
			value, err := k.parse(text)
			if err == nil {
				*field(c) = value
			}
			return err
		},
		get:  func(c Config) string { return k.format(*field(&c)) },
		show: same,
	}
}

func same(text string) string { return text }
