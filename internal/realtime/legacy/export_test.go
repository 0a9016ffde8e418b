package legacy

// For the fuzz targets: the decoders of client bytes.

// ParsePacket parses a packet and writes it again, or returns false.
func ParsePacket(b []byte) (kind byte, id string, dataAck bool, endpoint string, data []byte, ok bool) {
	p, err := parsePacket(b)
	return byte(p.kind), string(p.id), p.dataAck, p.endpoint, p.data, err == nil
}

// ParseEvent parses an event's data.
func ParseEvent(b []byte) (name string, args [][]byte, ok bool) {
	name, args, err := parseEvent(b)
	return name, args, err == nil
}

// ParseAck parses an acknowledgement's data.
func ParseAck(b []byte) (id uint64, args [][]byte, ok bool) {
	id, args, err := parseAck(b)
	return id, args, err == nil
}

// SplitPayload returns the packets of a payload.
func SplitPayload(b []byte) (packets [][]byte, ok bool) {
	ok = splitPayload(b, func(p []byte) bool {
		packets = append(packets, p)
		return true
	})
	return packets, ok
}

// The encoders of what the decoders read.
var (
	EncodePayload       = encodePayload
	EventPacket         = eventPacket
	AckPacket           = ackPacket
	WithoutPlaceholders = withoutPlaceholders
)
