package console

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
)

//go:embed register.html
var registerHTML string

//go:embed register.css
var registerCSS string

// Register makes a user; the token is the one-time token of an invitation or
// of the first start, "" for none. It gives the address of the user's root, or
// an *activity.Error for what the user can put right.
type Register func(ctx context.Context, username, password, email, token string) (url string, err error)

// maxForm bounds the posted form, in bytes.
const maxForm = 64 << 10

// RegisterPage serves a form that makes an account: GET shows it, with the
// one-time token from the query's token; POST sends it. It works without
// scripts and loads nothing.
//
// It needs no guard against forged requests: nothing is authenticated by a
// cookie, and the one-time token, which a forger would have to know, stands in
// the form itself.
func RegisterPage(register Register) http.Handler {
	page := template.Must(template.New("register").Parse(registerHTML))
	style := sha256.Sum256([]byte(registerCSS))
	return &registerPage{
		register: register,
		page:     page,
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) +
			"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	}
}

type registerPage struct {
	register Register
	page     *template.Template
	policy   string // Content-Security-Policy
}

// registerView is what the template shows: a form, or with URL that it is done.
type registerView struct {
	Style                  template.CSS
	Token, Username, Email string
	URL                    string
	Problem                string            // with the whole; "" for none
	Faults                 map[string]string // by field
	Dead                   bool              // no form: another try cannot succeed
}

func (p *registerPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		p.show(w, http.StatusOK, registerView{Token: r.URL.Query().Get("token")})
	case http.MethodPost:
		p.post(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		p.show(w, http.StatusMethodNotAllowed, registerView{Problem: "This page takes GET and POST only.", Dead: true})
	}
}

func (p *registerPage) post(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		p.show(w, http.StatusBadRequest, registerView{
			Token: r.URL.Query().Get("token"), Problem: "The form could not be read: fill it in again.",
		})
		return
	}
	view := registerView{
		Token: r.PostForm.Get("token"), Username: r.PostForm.Get("username"), Email: r.PostForm.Get("email"),
	}
	url, err := p.register(r.Context(), view.Username, r.PostForm.Get("password"), view.Email, view.Token)
	if err != nil {
		p.show(w, view.refuse(err), view)
		return
	}
	view.URL = url
	p.show(w, http.StatusOK, view)
}

// refuse puts into the view what went wrong, and gives the status.
func (v *registerView) refuse(err error) int {
	var e *activity.Error
	if !errors.As(err, &e) {
		v.Problem = "Something went wrong in the service: try again later."
		return http.StatusInternalServerError
	}
	v.Problem = e.Message
	switch e.Code {
	case activity.CodeInvalidParametersFormat:
		v.Problem = "Some entries need another look."
		v.Faults = map[string]string{}
		faults, _ := e.Data.([]activity.Fault)
		for _, f := range faults {
			v.Faults[f.Path] = f.Message
		}
		return http.StatusBadRequest
	case activity.CodeItemIDAlreadyExists:
		v.Problem = "Some entries need another look."
		v.Faults = map[string]string{"username": e.Message}
		return http.StatusBadRequest
	case activity.CodeInvalidAccessToken:
		v.Problem, v.Dead = "This link is used up, expired or incomplete. Ask the operator of this service for a new one; at each start without users, activityd prints one.", true
		return http.StatusForbidden
	case activity.CodeMissingAccessToken:
		v.Problem, v.Dead = "An account is made here with an invitation only: open its whole link.", true
		return http.StatusForbidden
	case activity.CodeForbidden:
		v.Dead = true
		return http.StatusForbidden
	case activity.CodeTooManyRequests:
		v.Problem = "Too many people are at it: wait a moment, then send the form again."
		return http.StatusTooManyRequests
	case activity.CodeServiceUnavailable:
		v.Problem = "The service cannot store anything now: wait a moment, then send the form again."
		return http.StatusServiceUnavailable
	}
	v.Problem = "Something went wrong in the service: try again later."
	return http.StatusInternalServerError
}

// show writes the page. Its address holds the token, so no other site and no
// cache may learn it.
func (p *registerPage) show(w http.ResponseWriter, status int, view registerView) {
	view.Style = template.CSS(registerCSS)
	var b bytes.Buffer
	if err := p.page.Execute(&b, view); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client may be gone
}
