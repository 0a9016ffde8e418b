package eventtypes_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/eventtypes"
)

func TestClassesThatTheAPINames(t *testing.T) {
	classes := map[string]bool{}
	for _, one := range eventtypes.New().Types() {
		classes[one.Class] = true
	}
	for _, name := range strings.Fields(`activity audio call contact count encrypted file message money note picture position ratio task
		temperature url video web mass length area volume time energy power pressure speed frequency angle density data-quantity electric-current`) {
		if !classes[name] {
			t.Errorf("there is no class %s", name)
		}
	}
}

func TestDirectoryAsClientsGetIt(t *testing.T) {
	d := eventtypes.New()
	var got struct {
		Types map[string]struct{ Title string }
	}
	if err := json.Unmarshal(d.JSON(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Types) != len(d.Types()) {
		t.Errorf("%d types in the text, %d in the directory", len(got.Types), len(d.Types()))
	}
	for name, schema := range got.Types {
		if schema.Title == "" {
			t.Errorf("%s has no title", name)
		}
	}
	if again := eventtypes.New(); again.Tag() != d.Tag() || string(again.JSON()) != string(d.JSON()) {
		t.Error("it is another one each time")
	}
}

// TestEveryTypeTakesAValue holds the schemas to being satisfiable, and all that
// need a value to refusing its absence.
func TestEveryTypeTakesAValue(t *testing.T) {
	d := eventtypes.New()
	samples := []string{
		`null`, `1`, `"a"`, `true`, `"https://example.org/"`, `"a@example.org"`, `"BEGIN:VCARD"`, `"-----BEGIN PGP MESSAGE-----"`, `"a.b.c.d.e"`, `"#fff"`, `"en"`,
		`{"systolic": 120, "diastolic": 80}`, `{"name": "A"}`, `{"data": "x"}`, `{"from": "a", "to": "b", "text": "c"}`, `{"text": "a"}`,
		`{"url": "https://example.org/", "content": "a", "title": "b"}`, `{"latitude": 1, "longitude": 2}`, `{"value": 1, "most": 5, "relativeTo": 2}`,
		`{"title": "a"}`, `{"query": "a"}`,
	}
	for _, one := range d.Types() {
		if !slices.ContainsFunc(samples, func(s string) bool { return d.Check(one, activity.Value(s)) == nil }) {
			t.Errorf("%s takes none of the samples", one)
		}
		absent, null := d.Check(one, nil), d.Check(one, activity.Value("null"))
		if (absent == nil) != (null == nil) {
			t.Errorf("%s: absent %v, null %v", one, absent, null)
		}
		if absent != nil && (len(absent) != 1 || absent[0].Path != "value" || absent[0].Code != "required") {
			t.Errorf("%s: absent %v", one, absent)
		}
	}
}

func TestCheck(t *testing.T) {
	d := eventtypes.New()
	for _, c := range []struct{ typ, value, want string }{
		{"mass/kg", `68.4`, ""},
		{"mass/kg", `-1e300`, ""},
		{"mass/kg", `1e-999999999`, ""},
		{"mass/kg", `"68"`, "value:type"},
		{"mass/kg", `[1]`, "value:type"},
		{"mass/kg", `null`, "value:type"},
		{"mass/kg", ``, "value:required"},
		{"mass/unheard-of", `"x"`, ""},
		{"own/kg", ``, ""},
		{"MASS/kg", `"x"`, ""},
		{"note/txt", `""`, ""},
		{"note/txt", ``, ""},
		{"note/txt", `5`, "value:type"},
		{"activity/plain", `"running"`, ""},
		{"activity/plain", ``, ""},
		{"activity/plain", `null`, ""},
		{"activity/plain", `{}`, "value:type"},
		{"picture/attached", ``, ""},
		{"picture/attached", `null`, ""},
		{"picture/attached", `"x"`, "value:type"},
		{"count/steps", `0`, ""},
		{"count/steps", `-0.5`, "value:minimum"},
		{"position/wgs84", `{"latitude": 46.5, "longitude": 6.6, "magnitude": 4.5, "x": {"deep": [1]}}`, ""},
		{"position/wgs84", `{"latitude": 46.5, "longitude": 6.6, "altitude": -10000}`, ""},
		{"position/wgs84", `{"latitude": 90.001, "longitude": "6", "bearing": 361, "speed": -1}`,
			"value.bearing:maximum value.latitude:maximum value.longitude:type value.speed:minimum"},
		{"position/wgs84", `{"altitude": null}`, "value.altitude:type value.latitude:required value.longitude:required"},
		{"position/wgs84", `[46.5, 6.6]`, "value:type"},
		{"url/http", `"HTTPS://example.org"`, ""},
		{"url/http", `"javascript:alert(1)"`, "value:pattern"},
		{"rating/stars", `6`, "value:maximum"},
		{"money/eur", `12.5`, ""},
		{"money/eur", `"12.50"`, "value:type"},
		{"encrypted/attached", `{"algorithm": "x"}`, ""},
		{"encrypted/attached", `1`, "value:type"},
	} {
		parsed, fault := activity.ParseType(c.typ)
		if fault != nil {
			t.Fatal(fault)
		}
		var v activity.Value
		if c.value != "" {
			v = activity.Value(c.value)
		}
		var found []string
		for _, f := range d.Check(parsed, v) {
			if f.Message == "" {
				t.Errorf("%s %s: no message", c.typ, c.value)
			}
			found = append(found, f.Path+":"+f.Code)
		}
		if got := strings.Join(found, " "); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.typ, c.value, got, c.want)
		}
	}
}

// FuzzCheck: no JSON makes any schema panic, and a verdict is the same twice.
func FuzzCheck(f *testing.F) {
	d := eventtypes.New()
	types := d.Types()
	f.Add(0, `{"latitude": 1e-999999999, "longitude": [{}]}`)
	f.Add(100, `"\ud83d\ude00"`)
	f.Add(200, `[[[[1, null], "a"]]]`)
	f.Fuzz(func(t *testing.T, which int, text string) {
		if !json.Valid([]byte(text)) {
			return
		}
		one := types[int(uint(which)%uint(len(types)))]
		for _, one := range []activity.Type{one, {Class: "position", Format: "wgs84"}, {Class: "message", Format: "email"}} {
			first, second := d.Check(one, activity.Value(text)), d.Check(one, activity.Value(text))
			if !slices.Equal(first, second) {
				t.Errorf("%s %s: %v, then %v", one, text, first, second)
			}
			for _, fault := range first {
				if !strings.HasPrefix(fault.Path, "value") || fault.Code == "" || fault.Message == "" {
					t.Errorf("%s %s: %+v", one, text, fault)
				}
			}
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		eventtypes.New()
	}
}

func BenchmarkCheck(b *testing.B) {
	d := eventtypes.New()
	for _, c := range []struct{ name, class, format, value string }{
		{"number", "mass", "kg", "68.4"},
		{"text", "note", "txt", `"a few words that somebody wrote down"`},
		{"position", "position", "wgs84", `{"latitude":46.5191,"longitude":6.6323,"altitude":495,"horizontalAccuracy":5}`},
		{"wrong", "mass", "kg", `"68.4"`},
		{"unknown", "own", "type", `{"a":1}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Check(activity.Type{Class: c.class, Format: c.format}, activity.Value(c.value))
			}
		})
	}
}
