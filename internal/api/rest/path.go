package rest

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/activity"
)

// path is the segments of a request's path, each unescaped once; the root has
// none. A segment may hold any text: a slash, dots, NUL. None of it means
// anything but itself.
type path []string

// pathOf splits a path as it came, escapes included. One slash at the end is
// ignored. ok is false for a path with an empty segment, which no resource has.
// CodeInvalidRequestStructure for what is not UTF-8 in percent-escapes.
func pathOf(escaped string) (p path, ok bool, err error) {
	if escaped == "" || escaped == "/" {
		return nil, true, nil
	}
	escaped, ok = strings.CutPrefix(escaped, "/")
	if !ok {
		return nil, false, nil
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(escaped, "/"), "/") {
		text, err := url.PathUnescape(segment)
		if err != nil || !utf8.ValidString(text) {
			return nil, false, activity.NewError(activity.CodeInvalidRequestStructure,
				"The path is not UTF-8 in percent-escapes: escape each part of it as %%XX.").Because(err)
		}
		if text == "" {
			return nil, false, nil
		}
		p = append(p, text)
	}
	return p, true, nil
}

// String gives the path in its one normal form, for the router: it finds
// "/channels" also where a client wrote "/%63hannels".
func (p path) String() string {
	if len(p) == 0 {
		return "/"
	}
	var b strings.Builder
	for _, segment := range p {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(segment))
	}
	return b.String()
}

// first gives the first segment, "" for the root.
func (p path) first() string {
	if len(p) == 0 {
		return ""
	}
	return p[0]
}
