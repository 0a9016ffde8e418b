package realtime

import (
	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// commandEvent is the name of the event that carries a command's id.
const commandEvent = "command"

// commandOf gives the command that an event asks for, and its parameters as
// they came, "" for none: of the event "command" they stand in its argument, any
// other event is called as its command is. What the parameters are is for the
// services to see. CodeInvalidRequestStructure, with the id where it is known.
func commandOf(e *socketio.Event) (id string, params []byte, err error) {
	binary := len(e.Attachments) > 0
	if binary {
		err = malformed("A command has no binary values: send text, numbers and other JSON only.")
	}
	if e.Name != commandEvent {
		switch {
		case binary:
		case len(e.Args) == 1:
			params = e.Args[0]
		case len(e.Args) > 1:
			err = malformed("A command has one argument, its params, and a callback: send it so.")
		}
		return e.Name, params, err
	}
	if binary {
		return "", nil, err
	}
	if len(e.Args) != 1 {
		return "", nil, malformed(`The event "command" has one argument, {"id": "…", "params": {…}}, and a callback: send it so.`)
	}
	return envelope(e.Args[0])
}

// envelope reads {id, params}.
func envelope(text []byte) (id string, params []byte, err error) {
	members, err := socketio.SplitObject(text)
	if err != nil {
		return "", nil, malformed(`A command is {"id": "…", "params": {…}}: send such an object.`).Because(err)
	}
	for i := 0; i+1 < len(members); i += 2 {
		name, _ := socketio.Unquote(members[i])
		switch {
		case name == "id" && id == "":
			var ok bool
			if id, ok = socketio.Unquote(members[i+1]); !ok || id == "" {
				return "", nil, malformed("The id of a command is a string: see the table of commands in the API's documentation.")
			}
		case name == "params" && params == nil:
			params = members[i+1]
		case name == "id", name == "params":
			return "", nil, malformed("A command has the same key twice: send each key once.")
		default:
			return "", nil, malformed(`A command has the keys "id" and "params" and no other: send it so.`).With(map[string]any{"path": name})
		}
	}
	if id == "" {
		return "", nil, malformed(`A command has an "id": see the table of commands in the API's documentation.`)
	}
	return id, params, nil
}

func malformed(message string) *activity.Error {
	return activity.NewError(activity.CodeInvalidRequestStructure, "%s", message)
}
