package engineio

import "github.com/activityd/activityd/internal/realtime/engineio/wire"

// The framings of long polling, for the fuzz targets.
const (
	FramingSeparated = framingSeparated
	FramingText      = framingText
	FramingTwice     = framingTwice
	FramingBinary    = framingBinary
)

// Next is framing.next.
func (f framing) Next(body []byte) (packet []byte, binary bool, rest []byte, err error) {
	return f.next(body)
}

// Encode is framing.encode of packets, which are told apart as Next does.
func (f framing) Encode(packets [][]byte, binary []bool) []byte {
	frames := make([][]byte, len(packets))
	for i, p := range packets {
		op := wire.OpText
		if binary[i] {
			op = wire.OpBinary
		}
		frames[i] = wire.Frame(op, p)
	}
	return f.encode(frames)
}

// The codecs of single packets, for the fuzz targets.
var (
	EncodeTwice  = encodeTwice
	DecodeTwice  = decodeTwice
	DecodeBase64 = decodeBase64
	FormData     = formData
	Script       = script
	Units        = units
)
