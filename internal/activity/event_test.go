package activity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestTypeJSON(t *testing.T) {
	long := strings.Repeat("k", activity.MaxTypePartLength)
	for text, want := range map[string]activity.Type{
		`"mass/kg"`:                          {Class: "mass", Format: "kg"},
		`{"class":"mass","format":"kg"}`:     {Class: "mass", Format: "kg"},
		`{"format":"k-g_1.x","class":"M-a"}`: {Class: "M-a", Format: "k-g_1.x"},
		`"` + long + `/` + long + `"`:        {Class: long, Format: long},
		`"\u006dass/kg"`:                     {Class: "mass", Format: "kg"},
	} {
		var got activity.Type
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s reads as %v, %v; want %v", text, got, err, want)
		}
		if written := `"` + got.String() + `"`; json.Unmarshal([]byte(written), &got) != nil || got != want {
			t.Errorf("%s does not read back as %v", written, want)
		}
	}
	for _, text := range []string{
		`""`, `"mass"`, `"mass/"`, `"/kg"`, `"mass/kg/x"`, `"mass/*"`, `"ma ss/kg"`, `"mäss/kg"`, `"mass/k\u0000g"`, `"mass/kg` + "\\n" + `"`,
		`"` + long + `k/kg"`, `{}`, `{"class":"mass"}`, `{"class":"mass","format":1}`, `{"class":"mass","format":null}`,
		`{"class":"mass","format":"kg","x":1}`, `{"Class":"mass","Format":"kg"}`, `{"class":"a/b","format":"kg"}`, `null`, `1`, `[]`, `["mass","kg"]`,
	} {
		got := activity.Type{Class: "old", Format: "old"}
		if err := got.UnmarshalJSON([]byte(text)); err == nil || got.Class != "old" {
			t.Errorf("%s gave %v, %v; want an error and the old type", text, got, err)
		}
	}
}

// FuzzType: what is taken is written back as it was understood.
func FuzzType(f *testing.F) {
	for _, seed := range []string{`"mass/kg"`, `{"class":"a","format":"b"}`, `null`, `""`, `{`, `"a/b/c"`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got activity.Type
		if got.UnmarshalJSON(text) != nil {
			if got != (activity.Type{}) {
				t.Errorf("%q was refused and left %v", text, got)
			}
			return
		}
		again, fault := activity.ParseType(got.String())
		if fault != nil || again != got {
			t.Errorf("%q reads as %v, which reads as %v, %v", text, got, again, fault)
		}
	})
}

func TestEventEnd(t *testing.T) {
	for _, tt := range []struct {
		d   activity.Duration
		end activity.Timestamp
		ok  bool
	}{
		{activity.Duration{}, 0, false},
		{activity.Seconds(0), 100, true},
		{activity.Seconds(2.5), 102.5, true},
		{activity.Running, activity.Timestamp(math.Inf(1)), true},
	} {
		e := activity.Event{Time: 100, Duration: tt.d}
		if end, ok := e.End(); end != tt.end || ok != tt.ok {
			t.Errorf("End of %v = %v, %t; want %v, %t", tt.d, end, ok, tt.end, tt.ok)
		}
	}
}

func TestCleanTags(t *testing.T) {
	long := strings.Repeat("ä", activity.MaxTagLength)
	for _, tt := range []struct{ given, want []string }{
		{nil, []string{}},
		{[]string{"", " ", "\t\n"}, []string{}},
		{[]string{" b ", "a", "b", "A", "\u00a0a"}, []string{"b", "a", "A"}},
		{[]string{"a b", "a  b"}, []string{"a b", "a  b"}},
		{[]string{"\x00", "e\u0301", "\u00e9"}, []string{"\x00", "e\u0301", "\u00e9"}},
		{[]string{" " + long + " "}, []string{long}},
		{slices.Repeat([]string{"same"}, 1000), []string{"same"}},
	} {
		got, fault := activity.CleanTags(tt.given)
		if fault != nil || !slices.Equal(got, tt.want) || got == nil {
			t.Errorf("CleanTags(%q) = %q, %v; want %q", tt.given, got, fault, tt.want)
		}
	}
	var many []string
	for i := range activity.MaxTags {
		many = append(many, fmt.Sprint(i))
	}
	if got, fault := activity.CleanTags(append(many, "0", "")); fault != nil || len(got) != activity.MaxTags {
		t.Errorf("%d tags gave %d, %v", activity.MaxTags, len(got), fault)
	}
	if _, fault := activity.CleanTags(append(many, "one more")); fault == nil || fault.Code != "maxItems" {
		t.Errorf("too many tags: %v", fault)
	}
	if _, fault := activity.CleanTags([]string{long + "x"}); fault == nil || fault.Code != "maxLength" {
		t.Errorf("a tag too long: %v", fault)
	}
}

func TestEventJSON(t *testing.T) {
	description := "one\x00line"
	deleted := activity.Timestamp(9.5)
	for _, tt := range []struct {
		e    activity.Event
		want string
	}{
		{
			activity.Event{ID: "e1", ChannelID: "c", Time: 1, Type: activity.Type{Class: "mass", Format: "kg"}, CreatedBy: "a", ModifiedBy: "b"},
			`{"id":"e1","channelId":"c","time":1,"type":{"class":"mass","format":"kg"},"folderId":null,"tags":[],"attachments":{},` +
				`"clientData":{},"trashed":false,"created":0,"modified":0,"createdBy":"a","modifiedBy":"b"}`,
		},
		{
			activity.Event{
				ID: "e2", ChannelID: "c", Time: activity.Timestamp(math.Copysign(0, -1)), Duration: activity.Running,
				Type: activity.Type{Class: "mass", Format: "kg"}, Value: activity.Value(`{"b":1.0,"a":"<"}`), FolderID: "f", Tags: []string{"x", "\""},
				Description: &description, Attachments: []activity.Attachment{{Name: "photo", FileName: "a.jpg", Type: "image/jpeg", Size: 12}},
				ClientData: activity.Object(`{"z":null}`), Trashed: true, Created: 1.5, Modified: 2.5, CreatedBy: "a", ModifiedBy: "é",
			},
			`{"id":"e2","channelId":"c","time":-0,"duration":null,"type":{"class":"mass","format":"kg"},"value":{"b":1.0,"a":"<"},"folderId":"f",` +
				`"tags":["x","\""],"description":"one\u0000line","attachments":{"photo":{"fileName":"a.jpg","type":"image/jpeg","size":12}},` +
				`"clientData":{"z":null},"trashed":true,"created":1.5,"modified":2.5,"createdBy":"a","modifiedBy":"é"}`,
		},
		{activity.Event{ID: "e3", ChannelID: "c", Value: activity.Value("1"), Deleted: &deleted}, `{"id":"e3","deleted":9.5}`},
	} {
		got := string(tt.e.AppendJSON(nil))
		if got != tt.want {
			t.Errorf("AppendJSON =\n%s, want\n%s", got, tt.want)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("not JSON: %s", got)
		}
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("disk on fire")
	err := fmt.Errorf("create event: %w", activity.NewError(activity.CodeForbidden, "No %s.", "way").With(1).Because(cause))
	var e *activity.Error
	if !errors.As(err, &e) || e.Code != activity.CodeForbidden || e.Message != "No way." || e.Data != 1 {
		t.Errorf("errors.As gave %+v", e)
	}
	if !errors.Is(err, cause) || !errors.Is(err, activity.NewError(activity.CodeForbidden, "")) || errors.Is(err, activity.NewError(activity.CodeUnknownUser, "")) {
		t.Errorf("%v is not what it is", err)
	}
	if activity.FaultsError(nil) != nil {
		t.Error("no faults are an error")
	}
	faults := []activity.Fault{{Path: "time", Code: "type", Message: "A time is a number."}}
	err = activity.FaultsError(faults)
	if !errors.As(err, &e) || e.Code != activity.CodeInvalidParametersFormat {
		t.Fatalf("faults are %v", err)
	}
	if data, ok := e.Data.([]activity.Fault); !ok || len(data) != 1 {
		t.Errorf("data is %v", e.Data)
	}
}
