package engineio

import (
	"bytes"
	"net/url"
	"unicode/utf8"
)

// script returns the JavaScript that hands a body to the callback of a JSONP
// poll. index is all digits.
func script(index string, body []byte) []byte {
	out := make([]byte, 0, len(body)+len(body)/8+32)
	out = append(out, "___eio["...)
	out = append(out, index...)
	out = append(out, `]("`...)
	out = appendEscaped(out, body)
	return append(out, `");`...)
}

// appendEscaped appends text as the inside of a JavaScript string that is safe
// in a page, too.
func appendEscaped(out, text []byte) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(text[i:])
			if r == '\u2028' || r == '\u2029' {
				out = append(out, `\u202`...)
				out = append(out, hex[r&0xf])
			} else {
				out = append(out, text[i:i+n]...)
			}
			i += n
			continue
		}
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, '\\', 'n')
		case c < ' ' || c == '<' || c == '>' || c == '&' || c == 0x7f:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		default:
			out = append(out, c)
		}
		i++
	}
	return out
}

// formData returns the field d of a form, with the escaping undone by which the
// client keeps line ends from being changed on the way.
func formData(form []byte) ([]byte, error) {
	values, err := url.ParseQuery(string(form))
	if err != nil || !values.Has("d") {
		return nil, errPacket
	}
	d := []byte(values.Get("d"))
	out := d[:0]
	for len(d) > 0 {
		i := bytes.Index(d, []byte(`\n`))
		if i < 0 {
			return append(out, d...), nil
		}
		if i > 0 && d[i-1] == '\\' {
			out = append(append(out, d[:i-1]...), `\n`...)
		} else {
			out = append(append(out, d[:i]...), '\n')
		}
		d = d[i+2:]
	}
	return out, nil
}
