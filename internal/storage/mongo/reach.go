package mongo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/address"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/auth"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/description"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

// short is an error whose text is ours; what the driver said is its cause.
type short struct {
	text  string
	cause error
}

func (s *short) Error() string { return s.text }

// Unwrap gives the cause.
func (s *short) Unwrap() error { return s.cause }

func because(cause error, format string, args ...any) error {
	return &short{text: fmt.Sprintf(format, args...), cause: cause}
}

// shortened gives an error whose text is short: of servers that were not reached
// the driver tells all that it knows of all of them.
func shortened(err error) error {
	var selection topology.ServerSelectionError
	var connection topology.ConnectionError
	switch {
	case errors.As(err, &selection):
		return because(err, "MongoDB cannot be reached: %s", unreachable(selection.Desc.Servers))
	case errors.As(err, &connection):
		return because(err, "MongoDB was lost: %s", reason(connection))
	}
	return err
}

// unreachable says of each server why it is of no use.
func unreachable(servers []description.Server) string {
	var each []string
	for _, s := range servers {
		each = append(each, fmt.Sprintf("%s (%s)", s.Addr, ailment(s)))
	}
	if len(each) == 0 {
		return "no server is known"
	}
	return strings.Join(each, ", ")
}

func ailment(s description.Server) string {
	switch {
	case s.LastError != nil:
		return reason(s.LastError)
	case s.Kind == description.ServerKindRSSecondary:
		return "secondary, no primary"
	case s.Kind == description.Unknown:
		return "no answer yet"
	}
	return "no primary"
}

// reason gives the innermost cause in few words.
func reason(err error) string {
	var name *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "the host name does not resolve"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it closed the connection"
	case errors.Is(err, net.ErrClosed):
		return "the connection was given up"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

// refused says in one sentence why a deployment does not answer as it should, and
// what to do; another error loses its lead.
func refused(err error, uri *connstring.ConnString) error {
	var server mongo.ServerError
	var handshake *auth.Error
	var selection topology.ServerSelectionError
	switch {
	case errors.As(err, &handshake), errors.As(err, &server) && server.HasErrorCode(codeAuthentication):
		return because(err, "MongoDB does not take the credentials of the URI: check the user, the password and authSource")
	case errors.As(err, &server) && server.HasErrorCode(codeUnauthorized):
		return unauthorized(err, uri)
	case errors.As(err, &selection):
		return unselected(err, uri, selection.Desc)
	case unconnected(err):
		return unconnectable(err, uri, strings.Join(uri.Hosts, ", "), err)
	case strings.Contains(err.Error(), "reports wire version"): // the driver has no type for it
		return errTooOld
	}
	return because(err, "%s", strings.TrimPrefix(err.Error(), "storage/mongo: "))
}

// unauthorized: the user of the URI, or nobody, may not do what is needed.
func unauthorized(err error, uri *connstring.ConnString) error {
	if uri.Username == "" && uri.AuthMechanism == "" {
		return because(err, "MongoDB wants a user: put one into the URI (mongodb://USER:PASSWORD@HOST/%s?authSource=admin)", uri.Database)
	}
	return because(err, "the user of the URI may not use the database %s as activityd needs to: grant the roles readWrite and dbAdmin on it", uri.Database)
}

// unselected: the driver found no server that can take writes.
func unselected(err error, uri *connstring.ConnString, found description.Topology) error {
	kinds := func(kind description.ServerKind) bool {
		return slices.ContainsFunc(found.Servers, func(s description.Server) bool { return s.Kind == kind })
	}
	sick := slices.IndexFunc(found.Servers, func(s description.Server) bool { return s.LastError != nil })
	switch {
	case kinds(description.ServerKindRSGhost):
		return because(err, "the replica set of MongoDB has not been initiated: run rs.initiate() in mongosh")
	case kinds(description.ServerKindRSSecondary):
		return because(err, "the replica set has no primary that can be reached: %s: check its members", unreachable(found.Servers))
	case sick >= 0:
		s := found.Servers[sick]
		return unconnectable(err, uri, string(s.Addr), s.LastError)
	case uri.ReplicaSet != "":
		return because(err, "no host of the URI is in a replica set of the name %q: check replicaSet", uri.ReplicaSet)
	}
	return because(err, "MongoDB cannot be reached at %s: check the hosts of the URI and that it runs", strings.Join(uri.Hosts, ", "))
}

// unconnectable: a server cannot be reached, or not so.
func unconnectable(err error, uri *connstring.ConnString, at string, cause error) error {
	var name *net.DNSError
	var plain tls.RecordHeaderError
	var alert tls.AlertError
	var untrusted *tls.CertificateVerificationError
	closed := errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF)
	switch {
	case errors.As(cause, &name) && name.IsNotFound && !names(uri, at):
		return because(err, "the replica set names its member %s, which does not resolve here: make the name known to this machine, or give the member one that is (rs.reconfig)", at)
	case errors.As(cause, &name) && name.IsNotFound:
		return because(err, "the host name of MongoDB does not resolve: %s: check the hosts of the URI, and DNS", at)
	case errors.As(cause, &untrusted):
		return untrustedText(err, at, untrusted)
	case errors.As(cause, &plain), uri.SSL && closed:
		return because(err, "MongoDB at %s does not speak TLS: take tls=true out of the URI, or turn TLS on there", at)
	case errors.As(cause, &alert):
		return because(err, "MongoDB at %s does not accept this client's TLS (%s): name a certificate that it trusts with tlsCertificateKeyFile in the URI", at, reason(cause))
	case closed:
		return because(err, "MongoDB at %s closed the connection at once: if it wants TLS, add tls=true to the URI", at)
	}
	return because(err, "MongoDB cannot be reached at %s (%s): check the hosts of the URI and that it runs", at, reason(cause))
}

// names reports whether a URI names a server, rather than the replica set that it
// leads to.
func names(uri *connstring.ConnString, server string) bool {
	return slices.ContainsFunc(uri.Hosts, func(host string) bool { return string(address.Address(host).Canonicalize()) == server })
}

func untrustedText(err error, at string, why *tls.CertificateVerificationError) error {
	var other x509.HostnameError
	if errors.As(why, &other) {
		return because(err, "the certificate of MongoDB at %s is for another host (%s): use a name that it is for", at, reason(why))
	}
	return because(err, "the certificate of MongoDB at %s is not trusted (%s): name the authority with tlsCAFile in the URI", at, reason(why))
}

var (
	errTooOld = errors.New("this MongoDB is too old: use 6.0 or later")
	errAlone  = errors.New("this mongod stands alone, without the transactions and change streams that activityd needs: make it a replica set, of one member if need be (--replSet, rs.initiate())")
)
