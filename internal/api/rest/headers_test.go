package rest_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func TestEveryAnswerHasTheCommonHeaders(t *testing.T) {
	f := newFixture(t)
	failing := newFixture(t)
	failing.store.lookUp = func(context.Context) error { return errors.New("broken") }
	for name, res := range map[string]answer{
		"success":       f.do(t, request("GET", "/channels", "")),
		"wrong host":    f.do(t, request("GET", "/", "", host("elsewhere.net"))),
		"unknown path":  f.do(t, request("GET", "/nothing", "")),
		"wrong verb":    f.do(t, request("PATCH", "/channels", "")),
		"no token":      f.do(t, request("GET", "/channels", "", header("Authorization", ""))),
		"broken body":   f.do(t, request("POST", "/channels", "{")),
		"internal":      failing.do(t, request("GET", "/", "")),
		"preflight":     f.do(t, request("OPTIONS", "/", "", header("Access-Control-Request-Method", "PUT"))),
		"not modified":  f.do(t, request("GET", "/channels", "", header("If-None-Match", `"x"`))),
		"wrong percent": f.do(t, request("GET", "/channels/%ff", "")),
	} {
		if at, err := strconv.ParseFloat(res.Header.Get("Server-Time"), 64); err != nil || at < 1.7e9 {
			t.Errorf("%s: Server-Time %q", name, res.Header.Get("Server-Time"))
		}
		if res.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no X-Request-Id", name)
		}
		for header, value := range map[string]string{
			"Api-Version": "1.0.0", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "", "Set-Cookie": "",
		} {
			if got := res.Header.Get(header); got != value {
				t.Errorf("%s: %s: %q, want %q", name, header, got, value)
			}
		}
		for _, exposed := range []string{"API-Version", "Server-Time", "ETag", "Location", "Retry-After", "X-Request-Id"} {
			if !strings.Contains(res.Header.Get("Access-Control-Expose-Headers"), exposed) {
				t.Errorf("%s: %s is not exposed", name, exposed)
			}
		}
		if res.StatusCode != http.StatusNoContent && res.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", name, res.Header.Get("Content-Type"))
		}
	}
}

func TestPreflightAllows(t *testing.T) {
	res := newFixture(t).do(t, request("OPTIONS", "/channels/x", "",
		header("Origin", "https://app.example.com"), header("Access-Control-Request-Method", "DELETE")))
	for name, values := range map[string][]string{
		"Access-Control-Allow-Methods": {"GET", "HEAD", "POST", "PUT", "DELETE"},
		"Access-Control-Allow-Headers": {"Authorization", "Content-Type", "If-Match", "If-None-Match", "Last-Event-ID", "X-Request-Id"},
		"Access-Control-Max-Age":       {"86400"},
	} {
		for _, value := range values {
			if !strings.Contains(res.Header.Get(name), value) {
				t.Errorf("%s: %s lacks %s", name, res.Header.Get(name), value)
			}
		}
	}
}

func TestRequestID(t *testing.T) {
	f := newFixture(t)
	for given, taken := range map[string]bool{
		"abc-123":                true,
		strings.Repeat("x", 128): true,
		strings.Repeat("x", 129): false,
		"with space":             false,
		"tab\there":              false,
		"caf\u00e9":              false,
		"":                       false,
	} {
		id := f.do(t, request("GET", "/", "", header("X-Request-Id", given))).Header.Get("X-Request-Id")
		if (id == given) != taken || id == "" || len(id) > 128 {
			t.Errorf("given %q, got %q", given, id)
		}
		if !strings.Contains(f.log.String(), `"request_id":"`+id+`"`) {
			t.Errorf("%q is not in the log", id)
		}
	}
}

func TestETag(t *testing.T) {
	f := newFixture(t)
	created := f.do(t, request("POST", "/channels", `{"id":"work","name":"Work"}`))
	want(t, created, http.StatusCreated, "")
	tag := created.Header.Get("ETag")
	if len(tag) < 3 || tag[0] != '"' {
		t.Fatalf("ETag %q", tag)
	}
	for given, status := range map[string]int{
		tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200,
	} {
		res := f.do(t, request("GET", "/channels/work", "", header("If-None-Match", given)))
		body := want(t, res, status, "")
		if res.Header.Get("ETag") != tag || (status == 304) != (len(body) == 0) {
			t.Errorf("If-None-Match %s: ETag %s, body %q", given, res.Header.Get("ETag"), body)
		}
	}
	want(t, f.do(t, request("PUT", "/channels/work", `{"name":"New"}`, header("If-Match", `"x"`))), http.StatusConflict, "item-changed")
	want(t, f.do(t, request("PUT", "/channels/work", `{"name":"New"}`, header("If-Match", tag))), http.StatusOK, "")
}
