package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// drop leaves a required parameter out.
func (x *attacker) drop(t testing.TB, p param) {
	t.Helper()
	if !p.required || p.inPath && (!x.batch || p.name == "channelId") {
		return
	}
	answer := x.send(t, x.valid(t).without(p.name))
	if p.name == "tempRefId" && answer.ID == badFormat && answer.names(p.name) {
		return // without it there is no place for an error of the one event
	}
	var data struct{ Missing []string }
	_ = json.Unmarshal(answer.Data, &data) // without one it stays empty
	if answer.ID != "missing-parameter" || answer.status != http.StatusBadRequest || !slices.Equal(data.Missing, []string{p.name}) {
		t.Errorf("batch=%v, without %s: %s", x.batch, p.name, answer)
	}
}

// double gives a parameter twice.
func (x *attacker) double(t testing.TB, p param) {
	t.Helper()
	if p.inPath {
		return
	}
	g := x.valid(t)
	raw, ok := g[p.name]
	if !ok {
		raw = `"x"`
	}
	twice := given{p.name: raw}.object()
	twice = twice[:len(twice)-1] + "," + twice[1:]
	switch {
	case x.batch:
		one := fmt.Sprintf(`{"method":%s,"params":%s}`, quote(x.m.ID), twice)
		answer := x.inBatch(t, one)[0]
		x.inspect(t, answer, func() string { return one })
		if answer.ID != badStructure {
			t.Errorf("%s: %s", one, answer)
		}
	case inQuery(x.m):
		r := byREST(x.m, x.name, x.token, g.without(p.name))
		r.path += "?" + p.name + "=%ff&" + p.name + "=%ff"
		x.expect(t, r, badFormat, p.name)
	default:
		r := byREST(x.m, x.name, x.token, g)
		r.body = twice
		x.expect(t, r, badStructure, "")
		r = byREST(x.m, x.name, x.token, g.with(p.name, raw))
		r.path += "?" + p.name + "=x"
		x.expect(t, r, badFormat, p.name)
	}
}

// unknown adds what the method does not know.
func (x *attacker) unknown(t testing.TB) {
	t.Helper()
	for _, name := range []string{"zzz", "ID", "__proto__", "constructor", "", "$where", "a.b", "name\x00"} {
		answer := x.send(t, x.valid(t).with(name, `"x"`))
		if answer.ID != badFormat || answer.status != http.StatusBadRequest || !answer.names(name) {
			t.Errorf("batch=%v, with %q: %s", x.batch, name, answer)
		}
	}
}

// bodies sends what is no object of parameters.
func (x *attacker) bodies(t testing.TB) {
	t.Helper()
	for _, body := range []string{`null`, `true`, `5`, `"x"`, `{`, `{"a":`, `{}{}`, `{"a":1,}`, `{'a':1}`, `nonsense`, "\x00", "\xff\xfe", `{"a":NaN}`, "\ufeff\ufeff{}"} {
		r := byREST(x.m, x.name, x.token, x.valid(t))
		r.body = body
		x.expect(t, r, badStructure, "")
	}
	r := byREST(x.m, x.name, x.token, x.valid(t))
	for _, kind := range []string{"text/plain", "application/xml", "application/json; charset=latin1", "multipart/form-data", "\x00"} {
		r.kind, r.body = kind, `{}`
		x.expect(t, r, badStructure, "")
	}
	if x.m.Verb != http.MethodGet {
		r.kind, r.body = "", `{"a":"`+strings.Repeat("x", 1<<20)+`"}`
		x.expect(t, r, "request-too-large", "")
	}
}

// expect sends a request that is refused with the id, naming the parameter if
// it is not "".
func (x *attacker) expect(t testing.TB, r request, id, name string) {
	t.Helper()
	x.before = x.head(t)
	answer := x.do(t, r)
	x.inspect(t, answer, r.String)
	if answer.ID != id || name != "" && !answer.names(name) {
		t.Errorf("%s: %s", r, answer)
	}
}

// judgeQuery says what a parameter's text in a query is worth: the API reads
// an array from a list with commas too, and a text as what its type takes.
func (p param) judgeQuery(t testing.TB, text string) verdict {
	t.Helper()
	if !p.isArray() {
		return p.judge(t, p.scalar(text))
	}
	if text == "" {
		return p.judge(t, "[]")
	}
	if strings.HasPrefix(text, "[") && json.Valid([]byte(text)) && !isBroken(text) {
		return p.judge(t, text)
	}
	element := param{typ: p.typ.Elem()}
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		items = append(items, element.scalar(item))
	}
	return p.judge(t, "["+strings.Join(items, ",")+"]")
}
