package console_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/console"
)

// filled is a form as a person sends it.
func filled() url.Values {
	return url.Values{"username": {"alice"}, "email": {"alice@example.org"}, "password": {"a good password"}, "token": {"the-token"}}
}

// answer gives what the page answers to a request when register ends so.
func answer(t *testing.T, r *http.Request, address string, err error) *httptest.ResponseRecorder {
	t.Helper()
	page := console.RegisterPage(func(context.Context, string, string, string, string) (string, error) { return address, err })
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	return w
}

func post(form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/register?token=the-token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestFormIsShownAndSent(t *testing.T) {
	shown := answer(t, httptest.NewRequest(http.MethodGet, "/register?token=the-token", nil), "", nil)
	text := shown.Body.String()
	if shown.Code != http.StatusOK || !strings.Contains(text, `<input type="hidden" name="token" value="the-token">`) {
		t.Errorf("unexpected form, status %d:\n%s", shown.Code, text)
	}
	for _, field := range []string{"username", "email", "password"} {
		if !strings.Contains(text, `<label for="`+field+`">`) || !strings.Contains(text, `id="`+field+`" name="`+field+`"`) {
			t.Errorf("the field %s has no label", field)
		}
	}

	var got []string
	page := console.RegisterPage(func(_ context.Context, username, password, email, token string) (string, error) {
		got = []string{username, password, email, token}
		return "http://alice.localhost:3000/", nil
	})
	w := httptest.NewRecorder()
	page.ServeHTTP(w, post(filled()))
	if strings.Join(got, "|") != "alice|a good password|alice@example.org|the-token" {
		t.Errorf("register was called with %q", got)
	}
	if text := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(text, `<a href="http://alice.localhost:3000/">`) || strings.Contains(text, "<form") {
		t.Errorf("unexpected answer, status %d:\n%s", w.Code, text)
	}
}

func TestFormTellsWhatIsWrong(t *testing.T) {
	refused := func(code activity.Code, message string) *activity.Error {
		return activity.NewError(code, "%s", message)
	}
	for name, c := range map[string]struct {
		err    error
		status int
		text   string // in the page
		form   bool   // whether another try can succeed
	}{
		"a used link":    {refused(activity.CodeInvalidAccessToken, "x"), http.StatusForbidden, "used up, expired or incomplete", false},
		"no invitation":  {refused(activity.CodeMissingAccessToken, "x"), http.StatusForbidden, "with an invitation only", false},
		"closed":         {refused(activity.CodeForbidden, "Registration is closed."), http.StatusForbidden, "Registration is closed.", false},
		"a taken name":   {refused(activity.CodeItemIDAlreadyExists, "Taken."), http.StatusBadRequest, `<p class="problem" id="username-problem">Taken.</p>`, true},
		"busy":           {refused(activity.CodeTooManyRequests, "x"), http.StatusTooManyRequests, "wait a moment", true},
		"a full disk":    {refused(activity.CodeServiceUnavailable, "x"), http.StatusServiceUnavailable, "wait a moment", true},
		"another code":   {refused(activity.CodeInternalError, "the cause"), http.StatusInternalServerError, "Something went wrong", true},
		"another error":  {errors.New("the cause"), http.StatusInternalServerError, "Something went wrong", true},
		"faulty entries": {activity.FaultsError([]activity.Fault{{Path: "password", Message: "Too short."}}), http.StatusBadRequest, `<p class="problem" id="password-problem">Too short.</p>`, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := answer(t, post(filled()), "", c.err)
			text := r.Body.String()
			if r.Code != c.status || !strings.Contains(text, c.text) || !strings.Contains(text, `role="alert"`) {
				t.Errorf("want status %d and %q, got %d:\n%s", c.status, c.text, r.Code, text)
			}
			if strings.Contains(text, "<form") != c.form {
				t.Errorf("want a form: %v, got:\n%s", c.form, text)
			}
			if c.form && (!strings.Contains(text, `value="alice"`) || !strings.Contains(text, `value="the-token"`)) {
				t.Error("the entries are lost")
			}
			if strings.Contains(text, "a good password") || strings.Contains(text, "the cause") {
				t.Error("the page tells the password or the cause")
			}
		})
	}
}

func TestPageEscapesEverything(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	form := url.Values{"username": {evil}, "email": {evil}, "password": {evil}, "token": {evil}}
	faults := []activity.Fault{{Path: "username", Message: evil}, {Path: "email", Message: evil}, {Path: "password", Message: evil}}
	for name, r := range map[string]*httptest.ResponseRecorder{
		"form":    answer(t, httptest.NewRequest(http.MethodGet, "/register?token="+url.QueryEscape(evil), nil), "", nil),
		"faults":  answer(t, post(form), "", activity.FaultsError(faults)),
		"message": answer(t, post(form), "", activity.NewError(activity.CodeForbidden, "%s", evil)),
		"done":    answer(t, post(form), "javascript:alert(1)//"+evil, nil),
	} {
		text := r.Body.String()
		if strings.Contains(text, "<script") || strings.Contains(text, `"javascript:`) {
			t.Errorf("%s: not escaped:\n%s", name, text)
		}
	}
}

func TestPageLoadsNothing(t *testing.T) {
	r := answer(t, httptest.NewRequest(http.MethodGet, "/register?token=t", nil), "", nil)
	text := r.Body.String()
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(text)
	if style == nil {
		t.Fatal("there is no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	policy := r.Header().Get("Content-Security-Policy")
	for _, part := range []string{
		"default-src 'none'", "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
		"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
	} {
		if !strings.Contains(policy, part) {
			t.Errorf("%q is not in the policy %q", part, policy)
		}
	}
	if strings.Contains(text, "http") || strings.Contains(text, "style=") || strings.Contains(text, "src=") {
		t.Errorf("the page refers to something outside:\n%s", text)
	}
	for header, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "no-referrer",
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
	} {
		if got := r.Header().Get(header); got != want {
			t.Errorf("%s: want %q, got %q", header, want, got)
		}
	}
	if r.Header().Get("Set-Cookie") != "" {
		t.Error("the page sets a cookie")
	}
}

func TestPageRefusesWhatIsNoForm(t *testing.T) {
	r := answer(t, httptest.NewRequest(http.MethodDelete, "/register", nil), "", nil)
	if r.Code != http.StatusMethodNotAllowed || r.Header().Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("unexpected status %d, Allow %q", r.Code, r.Header().Get("Allow"))
	}
	for name, text := range map[string]string{"broken": "username=%zz", "endless": "username=" + strings.Repeat("x", 1<<20)} {
		broken := httptest.NewRequest(http.MethodPost, "/register?token=the-token", strings.NewReader(text))
		broken.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		page := console.RegisterPage(func(context.Context, string, string, string, string) (string, error) {
			t.Errorf("%s: register was called", name)
			return "", nil
		})
		w := httptest.NewRecorder()
		page.ServeHTTP(w, broken)
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: unexpected status %d", name, w.Code)
		}
	}
}
