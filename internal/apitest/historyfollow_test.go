package apitest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
)

// follower keeps a view of what its access sees, from /changes.
type follower struct {
	*history
	*rand.Rand
	name, token string
	permissions [][]activity.Permission // all that it ever had; nil for a personal one
	changing    bool                    // its permissions change
	changesSelf bool                    // it changes them itself, now and then

	// page asks changes.get, by REST where it is nil.
	page func(query url.Values) (reply, error)

	cursor string
	view   map[thing]map[string]any // items as they were read
	named  []change
	resets []activity.Timestamp // when it read everything anew
	until  activity.Timestamp   // it was told all that was committed before
	differ []string             // how the view differs in the end

	complete bool // the last page was one, and there was no more

	pages, told, anew int
}

// thing is a channel, folder or event.
type thing struct {
	kind        activity.Kind
	channel, id string
}

// change is one of those that /changes tells.
type change struct {
	Kind          activity.Kind
	Action        activity.Action
	ID, ChannelID string
	Time          activity.Timestamp
	Item          map[string]any
}

func (c change) thing() thing { return thing{c.Kind, c.ChannelID, c.ID} }

// follow asks for one page and makes it part of the view. It fails when the
// server is gone; then the page is asked for again.
func (f *follower) follow(t *testing.T) error {
	if f.changesSelf && f.IntN(30) == 0 {
		if _, err := f.changePermissions(t); err != nil {
			return err
		}
	}
	query := url.Values{"since": {f.cursor}, "limit": {fmt.Sprint(1 + f.IntN(1+f.IntN(60)))}}
	if f.IntN(2) == 0 {
		query.Set("include", "items")
	}
	asked := activity.TimestampOf(time.Now())
	answer, err := f.askPage(query)
	switch {
	case err != nil:
		return err
	case answer.ID == "cursor-expired" && f.changing:
		return f.readAll()
	}
	var page struct {
		Changes []change
		Cursor  string
		More    bool
	}
	if answer.status != http.StatusOK || json.Unmarshal([]byte(answer.body), &page) != nil {
		t.Errorf("%s: %s", f.name, answer)
		return errServerGone
	}
	if page.More && page.Cursor == f.cursor {
		t.Errorf("%s: the cursor stands still though more follows: %s", f.name, answer)
		return errServerGone
	}
	for _, c := range page.Changes {
		if err := f.apply(c, query.Has("include")); err != nil {
			return err
		}
	}
	f.cursor, f.named = page.Cursor, append(f.named, page.Changes...)
	if f.complete = !page.More; f.complete {
		f.until = asked
	}
	f.pages++
	f.told += len(page.Changes)
	return nil
}

func (f *follower) askPage(query url.Values) (reply, error) {
	if f.page != nil {
		return f.page(query)
	}
	return f.call(f.token, http.MethodGet, "/alice/changes?"+query.Encode(), "")
}

// changePermissions gives the access other folders, and gives what the API said.
func (f *follower) changePermissions(t *testing.T) (reply, error) {
	var folders []activity.FolderPermission
	for _, n := range f.Perm(historyFolders)[:1+f.IntN(3)] {
		folders = append(folders, activity.FolderPermission{FolderID: activity.FolderID(fmt.Sprint("f", n)), Level: activity.Read})
	}
	permissions := []activity.Permission{{ChannelID: activity.ChannelID(fmt.Sprint("c", f.IntN(historyChannels))), FolderPermissions: folders}}
	own, err := f.call(f.token, http.MethodGet, "/alice/access-info", "")
	if err != nil {
		return own, err
	}
	var info struct{ ID string }
	if err := json.Unmarshal([]byte(own.body), &info); err != nil {
		t.Errorf("%s: %s: %v", f.name, own, err)
	}
	f.permissions = append(f.permissions, permissions) // even if the answer is lost
	answer, err := f.call(f.owner, http.MethodPut, "/alice/accesses/"+info.ID, `{"permissions": `+permissionsJSON(permissions)+`}`)
	if err == nil && answer.status != http.StatusOK && answer.ID != "unknown-folder" && answer.ID != "unknown-channel" {
		t.Errorf("%s: %s", f.name, answer)
	}
	return answer, err
}

// apply follows the rules of the API's page. Items are read as they are now,
// which may be ahead of the change: so a deletion may take with it what moved
// below only later. The change that tells of that move then finds the item
// missing, and it is read as one that comes into sight.
func (f *follower) apply(c change, withItems bool) error {
	switch {
	case c.Kind == activity.AccessKind:
		return nil
	case c.Action == activity.Deleted:
		f.drop(c.thing())
		return nil
	case c.Kind == activity.ChannelKind && (c.Action == activity.Created || f.view[c.thing()] == nil):
		return f.readChannel(c.ChannelID)
	case c.Kind == activity.FolderKind:
		return f.readFolder(c, withItems)
	case withItems:
		f.put(c.thing(), c.Item)
		return nil
	case c.Kind == activity.ChannelKind:
		return f.readOne(c.thing(), "/channels/"+c.ID)
	}
	return f.readOne(c.thing(), "/"+c.ChannelID+"/events/"+c.ID)
}

func (f *follower) put(at thing, item map[string]any) {
	delete(item, "children")
	f.view[at] = item
}

// drop removes an item with all below it.
func (f *follower) drop(at thing) {
	if at.kind == activity.EventKind {
		delete(f.view, at)
		return
	}
	var gone []thing
	for one, item := range f.view {
		if one.channel == at.channel && (at.kind == activity.ChannelKind || f.below(one, item, at.id)) {
			gone = append(gone, one)
		}
	}
	for _, one := range gone {
		delete(f.view, one)
	}
}

// below reports whether an item of the view is the folder or below it.
func (f *follower) below(one thing, item map[string]any, folder string) bool {
	at, _ := item["folderId"].(string)
	if one.kind == activity.FolderKind {
		at = one.id
	}
	for range historyFolders { // a view between two changes may hold a circle
		if at == folder {
			return true
		}
		at, _ = f.view[thing{activity.FolderKind, one.channel, at}]["parentId"].(string)
	}
	return false
}

// readOne reads an item again; one that is out of sight by now is left to the
// change that says so.
func (f *follower) readOne(at thing, path string) error {
	answer, err := f.call(f.token, http.MethodGet, "/alice"+path, "")
	if err != nil {
		return err
	}
	var item map[string]any
	if answer.status == http.StatusOK && json.Unmarshal([]byte(answer.body), &item) == nil {
		f.put(at, item)
	} else {
		f.drop(at)
	}
	return nil
}

// readFolder reads a folder again, and what is below one that came into sight: its
// events until they are those of the tree, in which folders may move meanwhile. One
// that is gone by then stays as it was, until the change says so that took it.
func (f *follower) readFolder(c change, withItem bool) (err error) {
	node := c.Item
	if !withItem {
		if node, err = f.folder(c); err != nil {
			return err
		}
	}
	switch {
	case node == nil:
		f.drop(c.thing())
		return nil
	case c.Action == activity.Updated && f.view[c.thing()] != nil:
		f.put(c.thing(), node)
		return nil
	}
	for {
		events, err := f.list("/" + c.ChannelID + "/events?" + allEvents + "&onlyFolders=" + c.ID)
		if err != nil {
			return err
		}
		again, err := f.folder(c)
		if err != nil {
			return err
		}
		if again == nil || asJSON(again) == asJSON(node) {
			f.drop(c.thing())
			f.putTree(c.ChannelID, []map[string]any{node})
			f.putEvents(c.ChannelID, events)
			return nil
		}
		node = again
	}
}

// folder reads a folder with all below it; nil where it is not in sight.
func (f *follower) folder(c change) (map[string]any, error) {
	tree, err := f.list("/" + c.ChannelID + "/folders?state=all&includeHidden=true")
	return find(tree, c.ID), err
}

const allEvents = "state=all&fromTime=-1e300&toTime=1e300"

// list reads a list; what is refused is empty to this access.
func (f *follower) list(path string) ([]map[string]any, error) {
	answer, err := f.call(f.token, http.MethodGet, "/alice"+path, "")
	if err != nil || answer.status >= http.StatusBadRequest {
		return nil, err
	}
	var items []map[string]any
	if err := json.Unmarshal([]byte(answer.body), &items); err != nil {
		return nil, fmt.Errorf("%s: %w", answer, err)
	}
	return items, nil
}

func childrenOf(node map[string]any) (children []map[string]any) {
	list, _ := node["children"].([]any)
	for _, child := range list {
		one, _ := child.(map[string]any)
		children = append(children, one)
	}
	return children
}

func find(tree []map[string]any, id string) map[string]any {
	for _, node := range tree {
		if node["id"] == id {
			return node
		}
		if below := find(childrenOf(node), id); below != nil {
			return below
		}
	}
	return nil
}

func (f *follower) putTree(channel string, tree []map[string]any) {
	for _, node := range tree {
		children, id := childrenOf(node), fmt.Sprint(node["id"])
		f.put(thing{activity.FolderKind, channel, id}, node)
		f.putTree(channel, children)
	}
}

func (f *follower) putEvents(channel string, events []map[string]any) {
	for _, e := range events {
		f.put(thing{activity.EventKind, channel, fmt.Sprint(e["id"])}, e)
	}
}

// readChannel reads a channel with all in it.
func (f *follower) readChannel(id string) error {
	f.drop(thing{activity.ChannelKind, id, id})
	if err := f.readOne(thing{activity.ChannelKind, id, id}, "/channels/"+id); err != nil {
		return err
	}
	folders, err := f.list("/" + id + "/folders?state=all&includeHidden=true")
	if err != nil {
		return err
	}
	events, err := f.list("/" + id + "/events?" + allEvents)
	if err != nil {
		return err
	}
	f.putTree(id, folders)
	f.putEvents(id, events)
	return nil
}

// readAll takes the present cursor, then reads everything.
func (f *follower) readAll() error {
	answer, err := f.call(f.token, http.MethodGet, "/alice/changes", "")
	if err != nil {
		return err
	}
	var page struct{ Cursor string }
	if err := json.Unmarshal([]byte(answer.body), &page); err != nil {
		return fmt.Errorf("%s: %w", answer, err)
	}
	var now float64
	if _, err := fmt.Sscan(answer.header.Get("Server-Time"), &now); err != nil {
		return fmt.Errorf("Server-Time: %w", err)
	}
	view, err := f.present()
	if err != nil {
		return err
	}
	f.view, f.cursor = view, page.Cursor
	f.resets = append(f.resets, activity.Timestamp(now))
	f.anew++
	return nil
}

// present reads all that the access sees now.
func (f *follower) present() (map[thing]map[string]any, error) {
	reader := &follower{history: f.history, token: f.token, view: map[thing]map[string]any{}}
	channels, err := reader.list("/channels?state=all")
	for _, c := range channels {
		if err = reader.readChannel(fmt.Sprint(c["id"])); err != nil {
			break
		}
	}
	return reader.view, err
}

// settle follows until the view is what the access lists. The events of a
// folder that was merged get their changes a little later.
func (f *follower) settle(t *testing.T) {
	t.Helper()
	limit := time.Now().Add(time.Minute)
	for {
		if err := f.follow(t); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		present, err := f.present()
		if err != nil {
			t.Fatal(err)
		}
		differ := differences(present, f.view)
		if len(differ) == 0 {
			return
		}
		if time.Now().After(limit) {
			t.Errorf("%s: the view is another than what the access lists:\n%s", f.name, differ)
			f.differ = differ
			return
		}
	}
}

func differences(present, view map[thing]map[string]any) (lines []string) {
	for at := range present {
		a, b := asJSON(present[at]), asJSON(view[at])
		if a != b {
			lines = append(lines, fmt.Sprintf("%v: listed %s, in the view %s\n", at, a, b))
		}
	}
	for at, item := range view {
		if present[at] == nil {
			lines = append(lines, fmt.Sprintf("%v: not listed, in the view %s\n", at, asJSON(item)))
		}
	}
	slices.Sort(lines)
	return lines
}

func asJSON(item map[string]any) string {
	b, err := json.Marshal(item)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
