// Package config owns the settings of activityd: their names, defaults and
// bounds, where their values come from, and the one error that names every
// mistake in them. Only the main package imports it; every other package is
// given values. It must not import another package of activityd, nor know how
// flags are read.
package config

import (
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// Config is the effective configuration. One that [Load] returned without an
// error is complete and within bounds; it is a value, safe to share as long as
// nobody writes to TrustedProxies.
type Config struct {
	// Listen and AdminListen are host:port; an empty host means every
	// interface, port 0 one that the system chooses.
	Listen      string
	AdminListen string

	// Domain is the lower-case host name below which users have their
	// subdomains, without port.
	Domain string

	// PublicURL is the root of the service as clients reach it, without a
	// slash at the end. It is never empty; see [Config.WithPort] for port 0.
	PublicURL string

	// TLSCert and TLSKey are files in PEM, both or none; see [Config.TLS].
	TLSCert string
	TLSKey  string

	// ACME gets certificates for Domain from the authority at ACMEDirectory,
	// empty for Let's Encrypt, which may write to ACMEEmail, empty for nobody.
	ACME          bool
	ACMEEmail     string
	ACMEDirectory string

	// HTTPListen is the host:port without TLS beside Listen; empty for none.
	HTTPListen string

	// OTLPEndpoint is the URL that traces are sent to; empty for no traces.
	// TraceSample is the part of the requests that is traced, from 0 to 1.
	OTLPEndpoint string
	TraceSample  float64

	// DataDir is the directory of everything that activityd keeps itself. It
	// may be relative to the working directory and need not exist yet.
	DataDir string

	// MongoDBURI names the MongoDB deployment; empty means SQLite in DataDir.
	MongoDBURI Secret

	Registration Registration

	LogLevel  slog.Level
	LogFormat LogFormat

	// TrustedProxies are the peers whose forwarding headers are believed.
	// Empty means nobody's.
	TrustedProxies []netip.Prefix

	// ClientVersion is the client served as /socket.io/socket.io.js.
	ClientVersion ClientVersion

	PingInterval time.Duration
	PingTimeout  time.Duration

	// History is how long changes and tombstones are kept.
	History time.Duration

	// SessionLifetime is how long a sign-in lasts.
	SessionLifetime time.Duration

	// Sizes are in bytes: of a JSON body, of the files in one request, of one
	// answer to a batch or a command, and of one socket packet.
	MaxBody   int64
	MaxFile   int64
	MaxAnswer int64
	MaxPacket int64

	// MaxDepth bounds the nesting of JSON, MaxBatch the entries of a batch.
	MaxDepth int
	MaxBatch int

	// MaxSockets bounds the sockets of this server, MaxSocketsPerUser those of
	// one user on it; the one reached first counts.
	MaxSockets        int
	MaxSocketsPerUser int

	// MaxPendingCommands bounds the commands of one socket that wait behind the
	// one that runs.
	MaxPendingCommands int

	// LoginRate bounds failed sign-ins per user and address.
	LoginRate Rate

	// ShutdownGrace is how long requests may take to finish after SIGTERM.
	ShutdownGrace time.Duration
}

// Registration says who may make an account.
type Registration string

// The registration modes.
const (
	RegistrationOpen   Registration = "open"   // everybody
	RegistrationInvite Registration = "invite" // whoever holds a one-time token
	RegistrationClosed Registration = "closed" // only activityd user add
)

// LogFormat is the form of log lines.
type LogFormat string

// The log formats. LogAuto is text on a terminal and JSON elsewhere.
const (
	LogAuto LogFormat = "auto"
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// ClientVersion is a generation of the official Socket.IO client.
type ClientVersion string

// The generations that can be served under the bare name.
const (
	Client4  ClientVersion = "4"
	Client2  ClientVersion = "2"
	Client09 ClientVersion = "0.9"
)

// Rate allows Attempts within any stretch of time as long as Window. Both are
// positive. Written "10/10m".
type Rate struct {
	Attempts int
	Window   time.Duration
}

// Secret is a text that shows itself only by conversion: printing, logging and
// marshalling give it with passwords replaced.
type Secret string

// redacted stands where a secret was.
const redacted = "REDACTED"

// String returns the secret as it may be shown.
func (s Secret) String() string { return redactURI(string(s)) }

// GoString is String for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String for encoders, loggers among them. It never fails.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// redactURI replaces the password in a URI and the query values that hold
// secrets. It errs on the side of hiding: connection strings are not quite
// URLs, and a mistaken one may hold its password anywhere.
func redactURI(uri string) string {
	if uri == "" {
		return ""
	}
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return redacted
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if user, _, has := strings.Cut(rest[:at], ":"); has {
			rest = user + ":" + redacted + rest[at:]
		}
	}
	path, query, ok := strings.Cut(rest, "?")
	if !ok {
		return scheme + "://" + rest
	}
	options := strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' })
	for i, option := range options {
		name, _, _ := strings.Cut(option, "=")
		lower := strings.ToLower(name)
		if strings.Contains(lower, "password") || strings.Contains(lower, "properties") {
			options[i] = name + "=" + redacted
		}
	}
	return scheme + "://" + path + "?" + strings.Join(options, "&")
}
