package params_test

import (
	"reflect"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
)

// event is like the parameters of events.create.
type event struct {
	ChannelID   activity.ChannelID                  `json:"channelId" in:"path"`
	ID          params.Optional[string]             `json:"id"`
	Type        activity.Type                       `json:"type" required:"true"`
	FolderID    params.Optional[string]             `json:"folderId"`
	Trashed     bool                                `json:"trashed"`
	Duration    activity.Duration                   `json:"duration"`
	Value       activity.Value                      `json:"value"`
	Tags        clean                               `json:"tags"`
	ClientData  activity.Object                     `json:"clientData"`
	Time        params.Optional[activity.Timestamp] `json:"time"`
	Description params.Optional[string]             `json:"description" max:"65536"`
	Given       params.Given
}

func BenchmarkReadEvent(b *testing.B) {
	plan := params.PlanOf(reflect.TypeFor[event]())
	in := params.Input{
		Path: map[string]string{"channelId": "position"}, MaxDepth: 64,
		Body: []byte(`{"time": 1732144000.125, "type": "position/wgs84", "folderId": "walks", "tags": ["outside", "rain"],
			"value": {"latitude": 46.5197, "longitude": 6.6323, "altitude": 495.2}, "description": "along the lake", "clientData": {"source": "watch"}}`),
	}
	b.SetBytes(int64(len(in.Body)))
	b.ReportAllocs()
	for b.Loop() {
		var e event
		if err := plan.Read(in, &e); err != nil {
			b.Fatal(err)
		}
	}
}
