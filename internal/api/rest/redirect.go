package rest

import (
	"net/http"
	"net/url"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/hosts"
)

// NewRedirect makes the handler of a listener without TLS beside one with it: it
// sends browsers to publicURL, which is https, or the user's subdomain of it.
// What carries a token, or is to change something, is refused: a client that
// began to send those in the clear should notice.
func NewRedirect(domain, publicURL string) (http.Handler, error) {
	public, err := url.Parse(publicURL)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := *public
		at, username := hosts.Parse(r.Host, domain)
		switch {
		case at == hosts.Elsewhere:
			refuse(w, &misdirected{domain})
			return
		case r.Method != http.MethodGet && r.Method != http.MethodHead, r.Header.Get("Authorization") != "", r.URL.Query().Has("auth"):
			refuse(w, activity.NewError(activity.CodeInvalidRequestStructure,
				"This address is for browsers that look for %s: send requests there, and take the token that was sent here for known to others.", publicURL))
			return
		case at == hosts.User:
			to.Host = string(username) + "." + domain
			if port := public.Port(); port != "" {
				to.Host += ":" + port
			}
		}
		to.Path, to.RawPath, to.RawQuery = r.URL.Path, r.URL.RawPath, r.URL.RawQuery
		w.Header().Set("Location", to.String())
		w.WriteHeader(http.StatusMovedPermanently)
	}), nil
}

func refuse(w http.ResponseWriter, err error) {
	e := api.ErrorOf(err)
	h := w.Header()
	h.Set("Content-Type", jsonType)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(statusFor(err, e.Code))
	_, _ = w.Write(api.AppendError(nil, e)) // whoever asked is gone
}
