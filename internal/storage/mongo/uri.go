package mongo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
)

// CheckURI says why a MongoDB URI cannot be used: nil where nothing is wrong with
// it as a text. It asks nobody, DNS neither. The error continues a sentence that
// begins with the URI, and holds no secret.
//
// What activityd's promises stand on (write and read concern, read preference,
// retries) may be given as it is set anyway, and not otherwise. An option that the
// driver would ignore is refused too.
func CheckURI(uri string) error {
	plain, places := harmless(uri)
	parsed, err := connstring.ParseAndValidate(plain)
	if err != nil {
		text := strings.TrimPrefix(err.Error(), "error parsing uri: ")
		return errors.New("cannot be read: " + strings.TrimPrefix(text, "error validating uri: "))
	}
	if !strings.HasPrefix(uri, connstring.SchemeMongoDBSRV+":") {
		_, err = connstring.ParseAndValidate(uri)
	}
	if err != nil || strings.Contains(places, "@") {
		return errors.New("has a user name, password or other secret that cannot be read: write : / ? # @ and % in them as %3A %2F %3F %23 %40 and %25")
	}
	return checkOptions(parsed)
}

// harmless gives a URI without what is secret in it, as if DNS had been asked
// already, and the hosts and database alone.
func harmless(uri string) (plain, places string) {
	scheme, rest, _ := strings.Cut(uri, "://")
	user, behind, found := strings.Cut(rest, "@")
	if found {
		rest = behind
		if strings.Contains(user, ":") {
			user = "user:password@"
		} else {
			user = "user@"
		}
	} else {
		user = ""
	}
	byDNS := scheme == connstring.SchemeMongoDBSRV
	if byDNS {
		scheme = connstring.SchemeMongoDB
	}
	places, query, _ := strings.Cut(rest, "?")
	plain = scheme + "://" + user + places
	sign := "?"
	for _, option := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(strings.ToLower(option), "=")
		if strings.Contains(name, "password") || strings.Contains(name, "properties") || byDNS && strings.HasPrefix(name, "srv") {
			continue
		}
		plain += sign + option
		sign = "&"
	}
	return plain, places
}

func checkOptions(uri *connstring.ConnString) error {
	for _, name := range slices.Sorted(maps.Keys(uri.Options)) {
		right, own := ownOption(name)
		if own && slices.ContainsFunc(uri.Options[name], func(v string) bool { return right == "" || !strings.EqualFold(v, right) }) {
			return fmt.Errorf("sets %s, which activityd sets itself: take it out", name)
		}
		if _, unknown := uri.UnknownOptions[name]; unknown || name == "sockettimeoutms" {
			return fmt.Errorf("has the option %s, which the driver ignores: check its spelling, or take it out", name)
		}
	}
	return nil
}

// ownOption gives whether activityd sets an option itself, and the value that may
// be given nevertheless; "" for none.
func ownOption(name string) (right string, own bool) {
	switch name {
	case "w", "readconcernlevel":
		return "majority", true
	case "readpreference":
		return "primary", true
	case "journal", "retryreads", "retrywrites":
		return "true", true
	case "wtimeoutms", "readpreferencetags", "maxstaleness", "maxstalenessseconds":
		return "", true
	}
	return "", false
}
