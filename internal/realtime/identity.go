package realtime

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/hosts"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// wishes is what a client says of itself when it asks for a namespace.
type wishes struct {
	token string // "" for none
	own   bool   // it wants to hear of what it changes itself
	items bool   // it wants to hear what changed, not only that something did
}

// userOf gives the user whose namespace a client asks for. A user's subdomain
// serves that user only. CodeUnknownUser.
func (s *Server) userOf(h *engineio.Handshake, namespace string) (activity.Username, error) {
	at, hosted := hosts.Parse(h.Host, s.Domain)
	name, fault := activity.ParseUsername(lastSegment(namespace))
	switch {
	case at == hosts.Elsewhere:
		return "", hosts.Misdirected(s.Domain)
	case at == hosts.Nobody, fault != nil, name.Reserved():
		return "", activity.NewError(activity.CodeUnknownUser, "There is no such user: check the namespace and the address.")
	case at == hosts.User && name != hosted:
		return "", activity.NewError(activity.CodeUnknownUser,
			"At this address there is only the namespace /%s: use it, or connect to %s for others.", hosted, s.Domain)
	}
	return name, nil
}

// lastSegment gives what a namespace names; one slash at the end is tolerated.
func lastSegment(namespace string) string {
	namespace = strings.TrimSuffix(namespace, "/")
	return namespace[strings.LastIndexByte(namespace, '/')+1:]
}

// wishesOf reads what the client sent for this namespace, and where that says
// nothing, what the connection's URL says. What is there but wrong is an error:
// nothing falls back from it.
func wishesOf(h *engineio.Handshake, r *socketio.ConnectRequest) (wishes, error) {
	given, err := parseGiven(r)
	if err != nil {
		return wishes{}, err
	}
	var w wishes
	if w.token, err = given.token(); err != nil {
		return wishes{}, err
	}
	if w.token == "" {
		w.token = tokenOf(h)
	}
	own, err := choice(given, h, "own", "true", "false")
	if err != nil {
		return wishes{}, err
	}
	changes, err := choice(given, h, "changes", "items")
	if err != nil {
		return wishes{}, err
	}
	w.own, w.items = own != "false", changes == "items"
	return w, nil
}

// tokenOf gives the token of the handshake: in the URL, else in a header.
func tokenOf(h *engineio.Handshake) string {
	if token := h.Query("auth"); token != "" {
		return token
	}
	return auth.TokenFromRequest(http.Header{authorization: {h.Header(authorization)}}, nil)
}

// given is what came with a CONNECT: the members of its auth object, or the
// values of its query.
type given struct {
	members [][]byte // names, quoted, and values, in turns
	query   url.Values
}

func parseGiven(r *socketio.ConnectRequest) (given, error) {
	if r.Auth == nil {
		query, _ := url.ParseQuery(r.Query) // what is well-formed is taken
		return given{query: query}, nil
	}
	members, err := socketio.SplitObject(r.Auth)
	if err != nil {
		return given{}, activity.NewError(activity.CodeInvalidRequestStructure, "The auth of the connection is no JSON object: send one.").Because(err)
	}
	return given{members: members}, nil
}

// text gives a value: "" for one that is absent, null or empty.
func (g given) text(name string) (string, error) {
	if g.members == nil {
		return g.query.Get(name), nil
	}
	value := ""
	seen := false
	for i := 0; i+1 < len(g.members); i += 2 {
		if key, ok := socketio.Unquote(g.members[i]); !ok || key != name {
			continue
		}
		if seen {
			return "", activity.NewError(activity.CodeInvalidRequestStructure, "The auth of the connection has the same key twice: send each key once.")
		}
		seen = true
		switch raw := g.members[i+1]; string(raw) {
		case "null":
		case "true", "false":
			value = string(raw)
			if name != "own" {
				return "", wrongType(name)
			}
		default:
			text, ok := socketio.Unquote(raw)
			if !ok {
				return "", wrongType(name)
			}
			value = text
		}
	}
	return value, nil
}

// token gives the token, under the first of the names that clients use.
func (g given) token() (string, error) {
	for _, name := range []string{"auth", "token", "accessToken"} {
		if token, err := g.text(name); token != "" || err != nil {
			return token, err
		}
		if g.members == nil { // a query has the one name
			break
		}
	}
	return "", nil
}

// choice gives one of the values, or "".
func choice(g given, h *engineio.Handshake, name string, values ...string) (string, error) {
	text, err := g.text(name)
	if err != nil {
		return "", err
	}
	if text == "" {
		text = h.Query(name)
	}
	for _, one := range append(values, "") {
		if text == one {
			return text, nil
		}
	}
	return "", fault(name, "enum", "This is one of: "+strings.Join(values, ", ")+".")
}

func wrongType(name string) error { return fault(name, "type", "This is a string.") }

func fault(path, code, message string) error {
	return activity.FaultsError([]activity.Fault{{Path: path, Code: code, Message: message}})
}
