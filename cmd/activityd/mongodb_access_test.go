package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// testCredentials: what the user of the URI may do decides about the start.
func testCredentials(t *testing.T, binary string) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("c29tZSBrZXkgb2YgdGhlIHNldA"), 0o600); err != nil {
		t.Fatal(err)
	}
	set := mongotest.NewReplicaSet(t, mongotest.Options{Flags: []string{"--auth", "--keyFile", key}})
	host := hostOf(t, set.URI())
	as := func(user, database, more string) string {
		return "mongodb://" + user + ":hunter2@" + host + "/" + database + "?replicaSet=rs0" + more
	}
	const source = "&authSource=admin"
	// Who comes from this machine may make the first user.
	addUser := func(uri, name string, roles bson.A) {
		t.Helper()
		command(t, uri, "admin", bson.D{{Key: "createUser", Value: name}, {Key: "pwd", Value: "hunter2"}, {Key: "roles", Value: roles}})
	}
	addUser(set.URI()+"&directConnection=true", "root", bson.A{"root"})
	role := func(role, database string) bson.D {
		return bson.D{{Key: "role", Value: role}, {Key: "db", Value: database}}
	}
	root := as("root", "", source)
	addUser(root, "owner", bson.A{role("readWrite", "full"), role("dbAdmin", "full")})
	addUser(root, "writer", bson.A{role("readWrite", "plain")})
	addUser(root, "reader", bson.A{role("read", "full"), role("read", "empty")})
	addUser(root, "stranger", bson.A{role("readWrite", "elsewhere")})

	var all sync.WaitGroup
	for _, uri := range []string{as("owner", "full", source), as("writer", "plain", source), as("writer", "plain", source), as("writer", "plain", source)} {
		all.Go(func() {
			s := serveOn(t, binary, uri, "--registration", "open")
			if ready := ask(t, http.MethodGet, s.Admin+"/readyz", "", ""); ready.status != http.StatusOK {
				t.Errorf("readyz: %d %s", ready.status, ready.body)
			}
		})
	}
	all.Wait()
	// As if another had made the collections, but not yet noted it.
	command(t, root, "plain", bson.D{{Key: "delete", Value: "meta"}, {Key: "deletes", Value: bson.A{bson.D{{Key: "q", Value: bson.D{}}, {Key: "limit", Value: 0}}}}})
	serveOn(t, binary, as("writer", "plain", source), "--registration", "open")
	const (
		wrong  = "MongoDB does not take the credentials of the URI: check the user, the password and authSource"
		rights = " as activityd needs to: grant the roles readWrite and dbAdmin on it"
	)
	checkRefusals(t, binary, map[string]refusal{
		"nobody":              {"mongodb://" + host + "/full?replicaSet=rs0", 1, "MongoDB wants a user: put one into the URI (mongodb://USER:PASSWORD@HOST/full?authSource=admin)"},
		"a wrong password":    {"mongodb://owner:hunter22@" + host + "/full?replicaSet=rs0" + source, 1, wrong},
		"an unknown user":     {as("ghost", "full", source), 1, wrong},
		"no authSource":       {as("owner", "full", ""), 1, wrong},
		"another user's data": {as("stranger", "full", source), 1, "the user of the URI may not use the database full" + rights},
		"a reader":            {as("reader", "full", source), 1, "the user of the URI may not use the database full" + rights},
		"a reader of nothing": {as("reader", "empty", source), 1, "the user of the URI may not use the database empty" + rights},
	})
}

// testTLS: TLS must be as the server has it, and its certificate good.
func testTLS(t *testing.T, binary string) {
	file := certificate(t)
	set := mongotest.NewReplicaSet(t, mongotest.Options{Flags: []string{
		"--tlsMode", "allowTLS", "--tlsCertificateKeyFile", file, "--tlsCAFile", file, "--tlsAllowConnectionsWithoutCertificates",
	}})
	// Its proxy knows no TLS: all goes to the member itself.
	port := portOf(t, set.URI())
	shared, _ := mongotest.Database(t)
	plain := hostOf(t, shared)
	const direct = "/?directConnection=true"
	named := "mongodb://localhost:" + port + direct
	serveOn(t, binary, named+"&tls=true&tlsCAFile="+file)
	checkRefusals(t, binary, map[string]refusal{
		"an untrusted certificate": {named + "&tls=true", 1, "the certificate of MongoDB at localhost:" + port +
			" is not trusted (x509: certificate signed by unknown authority): name the authority with tlsCAFile in the URI"},
		"a certificate of another host": {"mongodb://127.0.0.1:" + port + direct + "&tls=true&tlsCAFile=" + file, 1, "the certificate of MongoDB at 127.0.0.1:" + port +
			" is for another host (x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs): use a name that it is for"},
		"no TLS there": {"mongodb://" + plain + direct + "&tls=true", 1, "MongoDB at " + plain + " does not speak TLS: take tls=true out of the URI, or turn TLS on there"},
		"no such file": {named + "&tls=true&tlsCAFile=/nowhere/ca.pem", 1, "the MongoDB URI cannot be used: open /nowhere/ca.pem: no such file or directory"},
	})
	t.Run("TLS alone", func(t *testing.T) {
		t.Parallel() // after the others, which begin without it
		wants := mongotest.NewReplicaSet(t, mongotest.Options{Flags: []string{
			"--tlsMode", "allowTLS", "--tlsCertificateKeyFile", file, "--tlsCAFile", file, "--tlsAllowConnectionsWithoutCertificates",
		}})
		port := portOf(t, wants.URI())
		for _, mode := range []string{"preferTLS", "requireTLS"} {
			command(t, "mongodb://127.0.0.1:"+port+direct, "admin", bson.D{{Key: "setParameter", Value: 1}, {Key: "tlsMode", Value: mode}})
		}
		refusal{"mongodb://localhost:" + port + direct, 1, "MongoDB at localhost:" + port + " closed the connection at once: if it wants TLS, add tls=true to the URI"}.check(t, binary)
	})
}

// certificate makes one for localhost that vouches for itself, with its key, and
// gives the file.
func certificate(t *testing.T) (file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
	file = filepath.Join(t.TempDir(), "server.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
