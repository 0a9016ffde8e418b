package mongo_test

import (
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/storage/mongo"
)

func TestCheckURI(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"mongodb://h", "mongodb://h:27018,i/db", "mongodb://u:p%40ss@h/db?authSource=admin", "mongodb+srv://u:p@c.example.org/?retryWrites=true&w=majority&appName=X",
		"mongodb://h/?tls=true&tlsCAFile=/etc/ca.pem&replicaSet=rs0&serverSelectionTimeoutMS=1000&connectTimeoutMS=1000&heartbeatFrequencyMS=1000&timeoutMS=9000",
		"mongodb://h/?readPreference=primary&readConcernLevel=majority&journal=true&retryReads=true&maxPoolSize=200&compressors=zstd",
		"mongodb+srv://c.example.org/?srvMaxHosts=3&srvServiceName=other", "mongodb://u:p@h/?appName=@x@", "mongodb://u@h/?authMechanism=MONGODB-X509&tls=true",
		"mongodb://k:s@h/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:token",
	} {
		if err := mongo.CheckURI(uri); err != nil {
			t.Errorf("%s: %v", uri, err)
		}
	}
	const secret = "hunter2"
	for uri, want := range map[string]string{
		"":                             "scheme",
		"http://h":                     "scheme",
		"mongodb://h:port":             "port must be an integer",
		"mongodb://h/?tls=maybe":       "tls",
		"mongodb://h/?relicaSet=rs0":   "the option relicaset, which the driver ignores",
		"mongodb://h/?w=1":             "sets w, which activityd sets itself",
		"mongodb://h/?W=2":             "sets w,",
		"mongodb://h/?w=majority&w=0":  "sets w,",
		"mongodb+srv://h.example/?w=1": "sets w,",
		"mongodb://h/?wtimeoutMS=1000": "sets wtimeoutms,",
		"mongodb://h/?journal=false":   "sets journal,",
		"mongodb://h/?retryWrites=false&readPreference=nearest":   "sets readpreference,",
		"mongodb://h/?readConcernLevel=local":                     "sets readconcernlevel,",
		"mongodb://h/?maxStalenessSeconds=100":                    "sets maxstalenessseconds,",
		"mongodb://h/?socketTimeoutMS=100":                        "the option sockettimeoutms, which the driver ignores",
		"mongodb://u:hunter2@x/hunter2@h/":                        "password",
		"mongodb://u:hunter2:hunter2@h/":                          "password",
		"mongodb://u:hunter2%zz@h/":                               "password",
		"mongodb+srv://u:hunter2@hunter2@h/":                      "@",
		"mongodb://hunter2%zz@h/":                                 "user name",
		"mongodb://u:hunter2@h/?authMechanismProperties=hunter2":  "secret",
		"mongodb://h/?tls=true&tlsCertificateKeyFilePassword=%zz": "secret",
	} {
		err := mongo.CheckURI(uri)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: it says %v, want %q", uri, err, want)
		}
	}
}
