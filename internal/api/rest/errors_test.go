package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
)

// statuses is the table of the API's documentation.
func statuses() map[activity.Code]int {
	return map[activity.Code]int{
		"invalid-request-structure": 400, "request-too-large": 413, "invalid-parameters-format": 400,
		"missing-parameter": 400, "invalid-item-id": 400, "item-id-already-exists": 400,
		"item-name-already-exists": 400, "unknown-folder": 400, "invalid-operation": 400, "periods-overlap": 400,
		"missing-access-token": 401, "invalid-access-token": 401, "invalid-credentials": 401,
		"user-intervention-required": 402, "forbidden": 403, "unknown-user": 404, "unknown-channel": 404,
		"unknown-event": 404, "unknown-attachment": 404, "unknown-access": 404, "unknown-bookmark": 404,
		"unknown-method": 404, "unknown-resource": 404, "item-changed": 409, "cursor-expired": 410,
		"method-not-allowed": 405, "user-account-relocated": 301, "too-many-requests": 429,
		"internal-error": 500, "service-unavailable": 503,
	}
}

// codes reads every Code that the domain declares.
func codes(t *testing.T) []activity.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../activity/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []activity.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, activity.Code(text))
		return true
	})
	return all
}

func TestEveryCodeHasItsStatus(t *testing.T) {
	f := newFixture(t)
	all, table := codes(t), statuses()
	if !slices.Equal(all, activity.Codes()) {
		t.Errorf("activity.Codes gives %q, declared are %q", activity.Codes(), all)
	}
	if len(all) != len(table) {
		t.Errorf("%d codes, %d in the table", len(all), len(table))
	}
	for _, code := range all {
		f.store.lookUp = func(context.Context) error {
			return fmt.Errorf("wrapped: %w", activity.NewError(code, "Do something.").With(map[string]any{"url": "https://there.example", "n": 1}))
		}
		res := f.do(t, request(http.MethodGet, "/", ""))
		body := bytes.NewBuffer(nil)
		if _, err := body.ReadFrom(res.Body); err != nil {
			t.Fatal(err)
		}
		var e struct {
			ID, Message string
			Data        map[string]any
		}
		if err := json.Unmarshal(body.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != table[code] || e.ID != string(code) || e.Message != "Do something." || e.Data["n"] != 1.0 {
			t.Errorf("%s: %d %s, want %d", code, res.StatusCode, body, table[code])
		}
		for name, wanted := range map[string]bool{
			"WWW-Authenticate": table[code] == 401, "Retry-After": table[code] == 429 || table[code] == 503, "Location": table[code] == 301,
		} {
			if (res.Header.Get(name) != "") != wanted {
				t.Errorf("%s: %s: %q", code, name, res.Header.Get(name))
			}
		}
	}
}

func TestRetryAfterIsTheThrottles(t *testing.T) {
	f := newFixture(t)
	f.store.lookUp = func(context.Context) error {
		return activity.NewError(activity.CodeTooManyRequests, "Wait.").With(auth.RetryAfter{Seconds: 42})
	}
	if res := f.do(t, request(http.MethodGet, "/", "")); res.Header.Get("Retry-After") != "42" {
		t.Errorf("%v", res.Header)
	}
}

func TestUnknownFolderInThePathIsNotFound(t *testing.T) {
	f := newFixture(t)
	want(t, f.do(t, request(http.MethodPost, "/channels", `{"id":"work","name":"Work"}`)), http.StatusCreated, "")
	want(t, f.do(t, request(http.MethodPut, "/work/folders/none", `{"name":"x"}`)), http.StatusNotFound, "unknown-folder")
	want(t, f.do(t, request(http.MethodPost, "/work/folders", `{"name":"x","parentId":"none"}`)), http.StatusBadRequest, "unknown-folder")
}

func TestUnknownErrorsAreHiddenAndLoggedOnce(t *testing.T) {
	f := newFixture(t)
	f.store.lookUp = func(context.Context) error { return errors.New("the disk is on fire") }
	res := f.do(t, request(http.MethodGet, "/?auth=x", "", header("X-Request-Id", "the-id")))
	if body := want(t, res, http.StatusInternalServerError, "internal-error"); bytes.Contains(body, []byte("fire")) {
		t.Errorf("the cause is told: %s", body)
	}
	lines := f.log.lines(t)
	if len(lines) != 1 || lines[0]["error"] != "the disk is on fire" || lines[0]["request_id"] != "the-id" || lines[0]["level"] != "ERROR" {
		t.Errorf("%v", lines)
	}
}

func TestPanicEndsOnlyItsRequest(t *testing.T) {
	f := newFixture(t)
	f.store.lookUp = func(context.Context) error { panic("what now") }
	want(t, f.do(t, request(http.MethodGet, "/", "")), http.StatusInternalServerError, "internal-error")
	if lines := f.log.lines(t); len(lines) != 1 || !strings.Contains(lines[0]["error"].(string), "what now") ||
		!strings.Contains(lines[0]["error"].(string), "errors_test.go") {
		t.Errorf("%v", lines)
	}
	f.store.lookUp = nil
	want(t, f.do(t, request(http.MethodGet, "/", "")), http.StatusOK, "")
}

func TestTimeoutIsServiceUnavailable(t *testing.T) {
	f := newFixture(t, func(s *setup) { s.timeout = time.Nanosecond })
	f.store.lookUp = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	res := f.do(t, request(http.MethodGet, "/", ""))
	want(t, res, http.StatusServiceUnavailable, "service-unavailable")
	if res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestNobodyIsAnsweredWhoIsGone(t *testing.T) {
	f := newFixture(t)
	ctx, leave := context.WithCancel(t.Context())
	f.store.lookUp = func(ctx context.Context) error { leave(); <-ctx.Done(); return ctx.Err() }
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				t.Errorf("ended with %v", err)
			}
		}()
		f.handler.ServeHTTP(w, request(http.MethodGet, "/", "").WithContext(ctx))
	}()
	if w.Body.Len() > 0 {
		t.Errorf("answered %s", w.Body)
	}
	if lines := f.log.lines(t); len(lines) != 1 || lines[0]["aborted"] != true || lines[0]["level"] != "INFO" {
		t.Errorf("%v", lines)
	}
}

func TestLogLine(t *testing.T) {
	f := newFixture(t)
	want(t, f.do(t, request(http.MethodGet, "/channels?state=all&auth=secret", "")), http.StatusOK, "")
	lines := f.log.lines(t)
	if len(lines) != 1 {
		t.Fatalf("%d lines", len(lines))
	}
	line := lines[0]
	if line["method"] != "channels.get" || line["status"] != 200.0 || line["bytes"] != 2.0 || line["remote"] != "192.0.2.1" ||
		line["request_id"] == "" || line["duration"] == nil {
		t.Errorf("%v", line)
	}
	for _, secret := range []string{"secret", "state", "alice"} {
		if strings.Contains(f.log.String(), secret) {
			t.Errorf("the log tells %q: %s", secret, f.log)
		}
	}
}
