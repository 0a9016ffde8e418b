package socketio

// SplitObject splits the JSON object that text is into the names of its members,
// quoted, and their values, in turns. They are parts of text, all of which it
// checks; a thousand members at most.
func SplitObject(text []byte) ([][]byte, error) {
	var s scanner
	s.b = text
	s.kinds = s.near[:]
	if !s.lead('{') {
		return nil, errJSON
	}
	var members [][]byte
	if s.lead('}') {
		return members, s.finish()
	}
	for {
		s.space()
		start := s.i
		if s.i >= len(text) || text[s.i] != '"' || !s.text() {
			return nil, errJSON
		}
		members = append(members, text[start:s.i:s.i])
		if !s.lead(':') {
			return nil, errJSON
		}
		s.space()
		start = s.i
		if !s.value() {
			return nil, errJSON
		}
		members = append(members, text[start:s.i:s.i])
		if s.lead('}') {
			return members, s.finish()
		}
		if !s.lead(',') || len(members) == 2*maxElements {
			return nil, errJSON
		}
	}
}
