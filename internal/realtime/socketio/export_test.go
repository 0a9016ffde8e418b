package socketio

// ParsePacket shows the head of a packet to the fuzz target.
func ParsePacket(b []byte) (kind byte, attachments int, namespace, query []byte, id int64, data []byte, err error) {
	p, err := parsePacket(b, 10)
	return byte(p.kind), p.attachments, p.namespace, p.query, p.id, p.data, err
}

// PlaceholdersFit shows the check of a binary event.
func PlaceholdersFit(text []byte, n int) bool { return placeholdersFit(text, n) }

// IsObject shows the check of auth.
func IsObject(text []byte) bool { return isObject(text) }
