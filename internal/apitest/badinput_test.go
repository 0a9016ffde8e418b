package apitest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/apitest/stores"
)

const (
	badFormat    = "invalid-parameters-format"
	badStructure = "invalid-request-structure"
)

// TestBadInput sends every method of the table, by REST and in a batch, one
// valid request with one parameter replaced by what it should not be. Whether
// it should not is decided from the parameter's type and tags alone.
func TestBadInput(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for part := range 2 { // each with a store of its own
		t.Run(fmt.Sprint("part ", part), func(t *testing.T) {
			t.Parallel()
			h, r, large := open(t, stores.SQLite), rand.New(rand.NewPCG(seed, uint64(part))), map[reflect.Type]bool{}
			for i, m := range h.service.Methods() {
				if i%2 != part {
					continue
				}
				t.Run(m.ID, func(t *testing.T) {
					x := &attacker{account: h.openAccount(t, fmt.Sprint("alice-", i)), m: m, params: paramsOf(t, m.Params), large: large}
					x.attack(t, r)
				})
			}
		})
	}
}

func (x *attacker) attack(t *testing.T, r *rand.Rand) {
	t.Helper()
	var ok bool
	if x.example, ok = examples[x.m.ID]; !ok {
		t.Fatal("the table of examples has no valid request of this method: add one")
	}
	x.valid(t) // makes what it is about
	before := x.state(t)
	texts := values()
	for range 8 {
		texts = append(texts, randomJSON(r, 3))
	}
	x.run(t, texts)
	if !x.wrote && x.state(t) != before {
		t.Errorf("the account has changed from\n%s\nto\n%s", before, x.state(t))
	}
}

// attacker attacks one method.
type attacker struct {
	*account
	m       *api.Method
	example example
	params  []param
	large   map[reflect.Type]bool // types that large values were tried on: once is enough
	batch   bool                  // by batch, else by REST
	wrote   bool                  // some request succeeded and wrote
	before  any                   // the head of all changes
}

func (x *attacker) run(t *testing.T, texts []string) {
	t.Helper()
	for _, x.batch = range x.doors() {
		for _, p := range x.params {
			x.replaceAll(t, p, texts)
			x.drop(t, p)
			x.double(t, p)
		}
		if !slices.ContainsFunc(x.params, func(p param) bool { return p.name == anything }) {
			x.unknown(t)
		}
		if a := x.send(t, x.valid(t)); a.status >= http.StatusBadRequest {
			t.Errorf("the valid request was refused: %s", a)
		}
	}
	if !x.batch || len(x.doors()) > 1 {
		x.batch = false
		x.bodies(t)
	}
}

// doors gives whether by batch, for each way in.
func (x *attacker) doors() []bool {
	if x.m.NoBatch || x.m.Root == api.ServiceRoot {
		return []bool{false}
	}
	return []bool{false, true}
}

func (x *attacker) valid(t testing.TB) given {
	t.Helper()
	made := len(x.made)
	g := x.example(t, x.account)
	if x.before == nil || len(x.made) != made { // it wrote what it is about
		x.before = x.head(t)
	}
	return g
}

// send sends the request by the door and looks whether it wrote.
func (x *attacker) send(t testing.TB, g given) reply {
	t.Helper()
	answer := x.byDoor(t, g)[0]
	x.inspect(t, answer, func() string { return fmt.Sprintf("batch=%v %.400s", x.batch, g.object()) })
	return answer
}

// byDoor sends requests that the same token asks, a batch at once.
func (x *attacker) byDoor(t testing.TB, all ...given) (answers []reply) {
	t.Helper()
	who := *x.account
	if own, ok := all[0][asks]; ok {
		who.token = own
	}
	var entries []string
	for _, g := range all {
		if x.batch {
			entries = append(entries, entry(x.m, g))
		} else {
			answers = append(answers, ofOne(x.m, x.do(t, byREST(x.m, x.name, who.token, g))))
		}
	}
	if x.batch {
		answers = who.inBatch(t, entries...)
	}
	for i := range answers {
		answers[i] = ofOne(x.m, answers[i])
	}
	return answers
}

// inspect holds an answer to what is so of all answers.
func (x *attacker) inspect(t testing.TB, answer reply, what func() string) {
	t.Helper()
	after := x.head(t)
	switch {
	case answer.status < http.StatusBadRequest && x.m.Verb != http.MethodGet:
		x.anew()
		x.wrote, x.before = true, after
	case after != x.before:
		t.Errorf("%s: it wrote something: %s", what(), answer)
		x.before = after
	}
	if answer.status >= http.StatusInternalServerError || answer.status >= http.StatusBadRequest && (answer.ID == "" || answer.Message == "") {
		t.Errorf("%s: %s", what(), answer)
	}
}

// replaceAll sets a parameter to each of the texts: first those that must be
// refused, which write nothing together.
func (x *attacker) replaceAll(t testing.TB, p param, texts []string) {
	t.Helper()
	if p.inPath && (!x.batch || p.name == "channelId") {
		x.inPath(t, p, texts)
		return
	}
	var refused, others []string
	for _, raw := range texts {
		if len(raw) > 10_000 && x.large[p.typ] {
			continue
		}
		if v := x.judge(t, p, raw); v == wrong || v == broken {
			refused = append(refused, raw)
		} else {
			others = append(others, raw)
		}
	}
	x.large[p.typ] = true
	x.refused(t, p, refused)
	for i, raw := range others {
		if x.batch && (i+x.number)%4 != 0 {
			continue // the door is another, the checks are the same
		}
		if v, answer := x.judge(t, p, raw), x.send(t, x.valid(t).with(p.name, raw)); !x.allowed(answer, v, p) {
			t.Errorf("batch=%v, %s is %s: %.200s\n%s", x.batch, p.name, v, raw, answer)
		}
	}
}

// refused sets a parameter to each of the texts, which are wrong or broken; a
// batch takes those that are wrong at once.
func (x *attacker) refused(t testing.TB, p param, texts []string) {
	t.Helper()
	g := x.valid(t)
	var answers []reply
	var sound []given // as JSON: what is broken spoils a whole batch
	slices.SortStableFunc(texts, func(a, b string) int { return int(x.judge(t, p, b)) - int(x.judge(t, p, a)) })
	for _, raw := range texts {
		if x.judge(t, p, raw) == broken {
			answers = append(answers, x.byDoor(t, g.with(p.name, raw))...)
		} else {
			sound = append(sound, g.with(p.name, raw))
		}
	}
	if len(sound) > 0 {
		answers = append(answers, x.byDoor(t, sound...)...)
	}
	for i, answer := range answers {
		if v := x.judge(t, p, texts[i]); !x.allowed(answer, v, p) {
			t.Errorf("batch=%v, %s is %s: %.200s\n%s", x.batch, p.name, v, texts[i], answer)
		}
	}
	x.inspect(t, reply{status: http.StatusBadRequest, apiError: apiError{ID: badFormat, Message: "all"}}, func() string { return p.name + " set to what is wrong" })
}

func (x *attacker) judge(t testing.TB, p param, raw string) verdict {
	t.Helper()
	if inQuery(x.m) && !x.batch {
		return p.judgeQuery(t, text(raw))
	}
	return p.judge(t, raw)
}

var slug = regexp.MustCompile(`^[a-z0-9-]+$`)

// inPath puts each of the texts into the path by REST: what it names is not
// there, or it is a path of another resource.
func (x *attacker) inPath(t testing.TB, p param, texts []string) {
	t.Helper()
	for _, raw := range texts {
		word := text(raw)
		if x.batch || word == "" || slug.MatchString(word) && x.m.ID != "users.check" {
			continue // a part of the command; another path; something may be called so
		}
		answer := x.send(t, x.valid(t).with(p.name, raw))
		found := answer.status < http.StatusBadRequest && x.m.ID == "users.check"
		if !found && answer.status != http.StatusNotFound {
			t.Errorf("%s %.200s in the path: %s", p.name, raw, answer)
		}
	}
}

// allowed reports whether the answer is one that the contract has for a value
// of the verdict.
func (x *attacker) allowed(a reply, v verdict, p param) bool {
	succeeded := a.status < http.StatusBadRequest
	switch v {
	case broken:
		return a.ID == badStructure && a.status == http.StatusBadRequest
	case wrong:
		return a.ID == badFormat && a.status == http.StatusBadRequest && a.names(p.name)
	case unsure:
		return succeeded || a.ID == badFormat && a.names(p.name) || x.byItsRules(a, p)
	}
	return succeeded || x.byItsRules(a, p)
}

// ownRules are the refusals that a parameter's value may get although its type
// is right: an error id, or a fault's code behind a colon.
var ownRules = map[string]string{
	"id":                    "invalid-item-id item-id-already-exists unknown-event unknown-folder unknown-channel unknown-access",
	"name":                  "item-name-already-exists",
	"parentId":              "unknown-folder invalid-operation",
	"folderId":              "unknown-folder",
	"onlyFolders":           "unknown-folder",
	"after":                 ":unknown-event",
	"modified":              "item-changed",
	"created":               ":read-only",
	"createdBy":             ":read-only",
	"modifiedBy":            ":read-only",
	"attachments":           ":read-only",
	"username":              ":read-only item-id-already-exists :reserved",
	"permissions":           "unknown-channel unknown-folder :unexpected",
	"deviceName":            ":unexpected",
	"type":                  ":read-only :unexpected",
	"expires":               ":minimum",
	"includeDeletions":      ":requires",
	"unset":                 ":conflict :twice",
	"password":              "invalid-credentials",
	"oldPassword":           "invalid-credentials",
	"invitation":            "invalid-access-token",
	"events.stop.time":      "invalid-operation",
	"events.start.duration": ":conflict",
	anything:                ":maxLength",
	"since":                 "cursor-expired",
}

func (x *attacker) byItsRules(a reply, p param) bool {
	for _, rule := range strings.Fields(ownRules[p.name] + " " + ownRules[x.m.ID+"."+p.name]) {
		code, isFault := strings.CutPrefix(rule, ":")
		if !isFault && a.ID == rule || isFault && a.ID == badFormat && slices.ContainsFunc(a.faults(), func(f fault) bool { return f.Code == code }) {
			return true
		}
	}
	return false
}

// fault is one of those in the data of invalid-parameters-format.
type fault struct{ Path, Code, Message string }

func (a reply) faults() []fault {
	var all []fault
	_ = json.Unmarshal(a.Data, &all) // other data has none
	return all
}

// names reports whether a fault's path leads to the parameter.
func (a reply) names(name string) bool {
	return slices.ContainsFunc(a.faults(), func(f fault) bool {
		rest, ok := strings.CutPrefix(strings.TrimPrefix(f.Path, "[0]."), name)
		return ok && f.Message != "" && (rest == "" || rest[0] == '[' || rest[0] == '.')
	})
}
