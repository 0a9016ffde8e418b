package apitest_test

import (
	"encoding"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/params"
)

// verdict is what the contract says of a parameter's value, taken alone.
type verdict int

const (
	wrong  verdict = iota // of the wrong type or range: invalid-parameters-format
	unsure verdict = iota // right by its type; rules of its own may refuse it
	right  verdict = iota // right by type and range
	broken verdict = iota // no valid JSON: invalid-request-structure
)

func (v verdict) String() string { return [...]string{"wrong", "open", "right", "broken"}[v] }

// param is a parameter as a method's struct describes it.
type param struct {
	name             string
	typ              reflect.Type // without Optional
	inPath, required bool
	min, max         *float64
	enum             []string
}

// anything is a member of an object that takes any.
const anything = "anything"

// paramsOf reads a struct as package params documents its tags. Of an array of
// objects the parameters are those of its one element.
func paramsOf(t testing.TB, typ reflect.Type) []param {
	t.Helper()
	var all []param
	if typ.Kind() != reflect.Struct {
		return nil
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			all = append(all, paramsOf(t, f.Type)...)
			continue
		}
		if elements, ok := reflect.Zero(f.Type).Interface().(interface{ Element() reflect.Type }); ok {
			all = append(all, paramsOf(t, elements.Element())...)
			continue
		}
		if f.Type == reflect.TypeFor[params.Rest]() {
			all = append(all, param{name: anything, typ: f.Type})
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || f.Type == reflect.TypeFor[params.Given]() || f.Type == reflect.TypeFor[params.Fixed]() {
			continue
		}
		p := param{
			name: name, typ: f.Type, inPath: f.Tag.Get("in") == "path", enum: strings.Fields(f.Tag.Get("enum")),
			required: f.Tag.Get("required") == "true" || f.Tag.Get("in") == "path",
			min:      number(t, f.Tag.Get("min")), max: number(t, f.Tag.Get("max")),
		}
		if strings.HasPrefix(f.Type.Name(), "Optional[") {
			p.typ = f.Type.Field(1).Type
		}
		all = append(all, p)
	}
	return all
}

func number(t testing.TB, text string) *float64 {
	t.Helper()
	if text == "" {
		return nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return &f
}

// judge says what a parameter's JSON text is worth.
func (p param) judge(t testing.TB, raw string) verdict {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	var v any
	if isBroken(raw) || dec.Decode(&v) != nil {
		return broken
	}
	return p.judgeValue(t, v, len(raw))
}

// isBroken knows the two ways in which the values of these tests are no JSON
// to the API: a lone surrogate (there are no pairs) and a key that is twice.
func isBroken(raw string) bool {
	if at := strings.Index(raw, `\ud`); at >= 0 && (at == 0 || raw[at-1] != '\\') {
		return true
	}
	return strings.Contains(raw, `{"a":1,"a":2}`)
}

func (p param) judgeValue(t testing.TB, v any, size int) verdict {
	t.Helper()
	if p.typ.Kind() == reflect.Pointer {
		p.typ = p.typ.Elem()
	}
	if p.typ.Name() == "vain" {
		return right
	}
	switch reflect.Zero(p.typ).Interface().(type) {
	case activity.Value:
		return wrongUnless(storable(v, 64))
	case activity.Object:
		_, ok := v.(map[string]any)
		return wrongUnless(ok && size <= 65536 && storable(v, 64))
	case params.Rest:
		if size > 65000 {
			return unsure
		}
		return wrongUnless(storable(v, 63))
	case activity.Timestamp:
		return p.judgeNumber(v, false)
	case activity.Duration:
		zero := 0.0
		p.min = &zero
		if v == nil {
			return right
		}
		return p.judgeNumber(v, false)
	case activity.Type:
		return wrongUnless(isType(v, false))
	case api.TypeFilter:
		return wrongUnless(isType(v, true))
	case api.FolderRef:
		s, ok := v.(string)
		return wrongUnless(v == nil || ok && s != "")
	case activity.Level:
		return wrongUnless(v == "read" || v == "contribute" || v == "manage")
	case api.Tags:
		return judgeTags(v)
	}
	return p.judgeKind(t, v)
}

// judgeKind knows the types that have no rule of their own here.
func (p param) judgeKind(t testing.TB, v any) verdict {
	t.Helper()
	own := reflect.PointerTo(p.typ).Implements(reflect.TypeFor[json.Unmarshaler]())
	switch kind := p.typ.Kind(); {
	case kind == reflect.String:
		s, ok := v.(string)
		if own && ok {
			return unsure
		}
		return wrongUnless(ok && p.fits(float64(utf8.RuneCountInString(s))) && (len(p.enum) == 0 || slices.Contains(p.enum, s)))
	case own:
		return unsure
	case kind == reflect.Bool:
		_, ok := v.(bool)
		return wrongUnless(ok)
	case kind == reflect.Int || kind == reflect.Float64:
		return p.judgeNumber(v, kind == reflect.Int)
	case kind == reflect.Slice:
		return p.judgeArray(t, v)
	case kind == reflect.Struct:
		return judgeObject(t, p.typ, v)
	}
	t.Fatalf("the rules know no parameter of type %s", p.typ)
	return wrong
}

func (p param) judgeArray(t testing.TB, v any) verdict {
	t.Helper()
	items, ok := v.([]any)
	if !ok || !p.fits(float64(len(items))) {
		return wrong
	}
	worst := right
	if hasCheck(p.typ) {
		worst = unsure
	}
	for _, item := range items {
		element := param{typ: p.typ.Elem(), enum: p.enum}
		worst = min(worst, element.judgeValue(t, item, 0))
	}
	return worst
}

func judgeObject(t testing.TB, typ reflect.Type, v any) verdict {
	t.Helper()
	members, ok := v.(map[string]any)
	if !ok {
		return wrong
	}
	worst, known := right, 0
	if hasCheck(typ) {
		worst = unsure
	}
	for _, p := range paramsOf(t, typ) {
		member, given := members[p.name]
		switch {
		case given:
			known++
			worst = min(worst, p.judgeValue(t, member, 0))
		case p.required:
			return wrong
		}
	}
	if known < len(members) {
		return wrong
	}
	return worst
}

func hasCheck(typ reflect.Type) bool {
	return reflect.PointerTo(typ).Implements(reflect.TypeFor[params.Checker]())
}

func judgeTags(v any) verdict {
	items, ok := v.([]any)
	if !ok {
		return wrong
	}
	seen := map[string]bool{}
	for _, item := range items {
		s, ok := item.(string)
		if s = strings.TrimSpace(s); !ok || utf8.RuneCountInString(s) > 200 {
			return wrong
		}
		seen[s] = true
	}
	delete(seen, "")
	return wrongUnless(len(seen) <= 100)
}

var typePart = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,100}$`)

func isType(v any, star bool) bool {
	class, format := "", ""
	switch v := v.(type) {
	case string:
		class, format, _ = strings.Cut(v, "/")
	case map[string]any:
		var one, two bool
		class, one = v["class"].(string)
		format, two = v["format"].(string)
		if len(v) != 2 || !one || !two || strings.Contains(class, "/") {
			return false
		}
	}
	return typePart.MatchString(class) && (star && format == "*" || typePart.MatchString(format))
}

func (p param) judgeNumber(v any, whole bool) verdict {
	n, ok := v.(json.Number)
	if !ok {
		return wrong
	}
	f, err := n.Float64()
	if whole {
		return wrongUnless(err == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53 && p.fits(f))
	}
	return wrongUnless(err == nil && holds(n) && p.fits(f))
}

func (p param) fits(f float64) bool {
	return (p.min == nil || f >= *p.min) && (p.max == nil || f <= *p.max)
}

// holds reports whether a double gives the number back, as far as the contract
// asks for it: integers exactly, the rest to its range.
func holds(n json.Number) bool {
	f, err := n.Float64()
	if err != nil {
		return false
	}
	if strings.ContainsAny(n.String(), ".eE") {
		return true
	}
	exact, ok := new(big.Int).SetString(n.String(), 10)
	if !ok {
		return false
	}
	back, _ := big.NewFloat(f).Int(nil)
	return back.Cmp(exact) == 0
}

// storable reports whether a value comes back as it was given.
func storable(v any, levels int) bool {
	switch v := v.(type) {
	case json.Number:
		return holds(v)
	case []any:
		return levels > 0 && !slices.ContainsFunc(v, func(item any) bool { return !storable(item, levels-1) })
	case map[string]any:
		for _, item := range v {
			if !storable(item, levels-1) {
				return false
			}
		}
		return levels > 0
	}
	return true
}

func wrongUnless(ok bool) verdict {
	if ok {
		return right
	}
	return wrong
}

func (p param) isArray() bool {
	return p.typ.Kind() == reflect.Slice && p.typ.Elem().Kind() != reflect.Uint8
}

// scalar gives the JSON that a query's text is to the type.
func (p param) scalar(text string) string {
	readsText := reflect.PointerTo(p.typ).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	switch {
	case readsText && text == "null":
		return text
	case readsText || p.typ.Kind() == reflect.String:
	case text != "" && strings.TrimSpace(text) == text && text[0] != '"' && json.Valid([]byte(text)) && !isBroken(text):
		return text
	}
	return quote(text)
}
