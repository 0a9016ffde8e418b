package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestBodies(t *testing.T) {
	f := newFixture(t)
	const channel = `{"name":"Work"}`
	deep := strings.Repeat("[", 90) + strings.Repeat("]", 90)
	typed := func(name string) func(*http.Request) { return header("Content-Type", name) }
	none := func(*http.Request) {}
	for _, one := range []struct {
		name, body string
		change     func(*http.Request)
		status     int
		id         string
	}{
		{"no type", `{"name":"1"}`, none, 201, ""},
		{"json", `{"name":"2"}`, typed("application/json"), 201, ""},
		{"json in utf-8", `{"name":"3"}`, typed("Application/JSON; charset=UTF-8"), 201, ""},
		{"a kind of json", `{"name":"4"}`, typed("application/vnd.api+json"), 201, ""},
		{"identity", `{"name":"5"}`, header("Content-Encoding", "identity"), 201, ""},
		{"form", "name=x", typed("application/x-www-form-urlencoded"), 201, ""},
		{"json that says it is a form", channel, typed("application/x-www-form-urlencoded"), 400, "invalid-request-structure"},
		{"text", channel, typed("text/plain"), 400, "invalid-request-structure"},
		{"broken type", channel, typed("application/json; charset"), 400, "invalid-request-structure"},
		{"no such type", channel, typed(";"), 400, "invalid-request-structure"},
		{"charset", channel, typed("application/json; charset=latin1"), 400, "invalid-request-structure"},
		{"gzip", channel, header("Content-Encoding", "gzip"), 400, "invalid-request-structure"},
		{"gzip beside identity", channel, header("Content-Encoding", "identity, br"), 400, "invalid-request-structure"},
		{"byte order mark", "\ufeff" + channel, none, 400, "invalid-request-structure"},
		{"half", `{"name":`, none, 400, "invalid-request-structure"},
		{"no json", `name`, none, 400, "invalid-request-structure"},
		{"two values", channel + channel, none, 400, "invalid-request-structure"},
		{"array", `[]`, none, 400, "invalid-request-structure"},
		{"null", `null`, none, 400, "invalid-request-structure"},
		{"key twice", `{"name":"a","name":"b"}`, none, 400, "invalid-request-structure"},
		{"inner key twice", `{"name":"a","clientData":{"x":1,"x":2}}`, none, 400, "invalid-request-structure"},
		{"not utf-8", "{\"name\":\"\xff\"}", none, 400, "invalid-request-structure"},
		{"lone surrogate", `{"name":"\ud800"}`, none, 400, "invalid-request-structure"},
		{"deep", `{"name":"a","clientData":{"x":` + deep + `}}`, none, 400, "invalid-parameters-format"},
		{"unknown member", `{"name":"a","colour":"b"}`, none, 400, "invalid-parameters-format"},
		{"empty", ``, none, 400, "missing-parameter"},
		{"empty with a type", ``, typed("text/plain"), 400, "missing-parameter"},
	} {
		t.Run(one.name, func(t *testing.T) {
			want(t, f.do(t, request(http.MethodPost, "/channels", one.body, one.change)), one.status, one.id)
		})
	}
}

func TestBodySize(t *testing.T) {
	f := newFixture(t, func(s *setup) { s.limits.MaxBody = 1000 })
	body := func(n int) string {
		const around = len(`{"name":"x"}`)
		return `{"name":"x"` + strings.Repeat(" ", n-around) + `}`
	}
	undeclared := func(r *http.Request) { r.ContentLength = -1 }
	declared := func(*http.Request) {}
	want(t, f.do(t, request(http.MethodPost, "/channels", body(1000))), http.StatusCreated, "")
	for _, change := range []func(*http.Request){declared, undeclared} {
		res := f.do(t, request(http.MethodPost, "/channels", body(1001), change))
		got := want(t, res, http.StatusRequestEntityTooLarge, "request-too-large")
		if data(t, got, "limit") != "max_body" || data(t, got, "most") != 1000.0 {
			t.Errorf("%s", got)
		}
	}
}

func TestReadsTakeNoBody(t *testing.T) {
	f := newFixture(t)
	want(t, f.do(t, request(http.MethodGet, "/channels", `{"state":"all"}`)), http.StatusBadRequest, "invalid-request-structure")
	want(t, f.do(t, request(http.MethodGet, "/channels", "", header("Content-Type", "text/plain"))), http.StatusOK, "")
	want(t, f.do(t, request(http.MethodPost, "/channels", `{"id":"work","name":"Work"}`)), http.StatusCreated, "")
	want(t, f.do(t, request(http.MethodDelete, "/channels/work", `{"id":"other"}`)), http.StatusBadRequest, "invalid-parameters-format")
	want(t, f.do(t, request(http.MethodDelete, "/channels/work", `{"id":"work"}`)), http.StatusOK, "")
}

func TestQueries(t *testing.T) {
	f := newFixture(t)
	for query, wanted := range map[string]struct {
		status int
		id     string
	}{
		"state=all":                {200, ""},
		"state=%61ll":              {200, ""},
		"state=all&_=1700000":      {200, ""},
		"state=all&auth=x":         {200, ""},
		"state=none":               {400, "invalid-parameters-format"},
		"state=all&state=trashed":  {400, "invalid-parameters-format"},
		"stat=all":                 {400, "invalid-parameters-format"},
		"%ff=all":                  {400, "invalid-parameters-format"},
		"state=%ff":                {400, "invalid-parameters-format"},
		"state=%zz":                {400, "invalid-request-structure"},
		"state=all;x=y":            {400, "invalid-request-structure"},
		"state=" + "%00":           {400, "invalid-parameters-format"},
		strings.Repeat("a=b&", 99): {400, "invalid-parameters-format"},
	} {
		t.Run(query, func(t *testing.T) {
			r := request(http.MethodGet, "/channels", "")
			r.URL.RawQuery = query
			want(t, f.do(t, r), wanted.status, wanted.id)
		})
	}
}

func TestTokens(t *testing.T) {
	f := newFixture(t)
	for name, change := range map[string]func(*http.Request){
		"bare":   header("Authorization", aliceToken),
		"bearer": header("Authorization", "bearer "+aliceToken),
		"basic":  func(r *http.Request) { r.SetBasicAuth("anybody", aliceToken) },
		"query":  func(r *http.Request) { r.Header.Del("Authorization"); r.URL.RawQuery = "auth=" + aliceToken },
	} {
		if res := f.do(t, request(http.MethodGet, "/channels", "", change)); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	bad := request(http.MethodGet, "/channels", "", header("Authorization", aliceToken+"x"))
	res := f.do(t, bad)
	want(t, res, http.StatusUnauthorized, "invalid-access-token")
	if res.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("WWW-Authenticate: %q", res.Header.Get("WWW-Authenticate"))
	}
	if log := f.log.String(); strings.Contains(log, aliceToken) || strings.Contains(log, "auth=") || !strings.Contains(log, `"reason"`) {
		t.Errorf("the log has a token or a query, or lacks the reason: %s", log)
	}
}

// A body that breaks off is the client's fault, and no method runs.
func TestBodyBreaksOff(t *testing.T) {
	f := newFixture(t)
	r := httptest.NewRequest(http.MethodPost, "/channels", breaking{})
	r.Host = "alice." + domain
	r.Header.Set("Authorization", aliceToken)
	want(t, f.do(t, r), http.StatusBadRequest, "invalid-request-structure")
}

type breaking struct{}

func (breaking) Read([]byte) (int, error) { return 0, http.ErrBodyReadAfterClose }
