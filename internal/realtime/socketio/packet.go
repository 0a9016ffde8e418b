package socketio

import (
	"bytes"
	"errors"
)

// errPacket is a packet that no client sends.
var errPacket = errors.New("socketio: malformed packet")

type packetType byte

// The types of packets, as they come on the wire.
const (
	typeConnect     packetType = '0'
	typeDisconnect  packetType = '1'
	typeEvent       packetType = '2'
	typeAck         packetType = '3'
	typeError       packetType = '4'
	typeBinaryEvent packetType = '5'
	typeBinaryAck   packetType = '6'
)

const (
	maxIDDigits  = 15  // exact in every client's numbers
	maxNamespace = 512 // bytes
	maxQuery     = 4096
)

// packet is <type>[<attachments>-][<namespace>,][<id>][<data>]. Its parts are
// parts of the message.
type packet struct {
	kind        packetType
	attachments int
	namespace   []byte // nil if the packet names none, which is the root
	query       []byte // what followed a question mark in the namespace
	id          int64  // noID for none
	data        []byte
}

const noID = -1

// parsePacket takes the head of a packet apart; data is not looked at.
func parsePacket(b []byte, maxAttachments int) (p packet, err error) {
	if len(b) == 0 || b[0] < '0' || b[0] > '6' {
		return p, errPacket
	}
	p.kind = packetType(b[0])
	b = b[1:]
	if p.kind == typeBinaryEvent || p.kind == typeBinaryAck {
		if p.attachments, b, err = parseAttachments(b, maxAttachments); err != nil {
			return p, err
		}
	}
	if len(b) > 0 && b[0] == '/' {
		p.namespace, b, _ = bytes.Cut(b, []byte{','})
		p.namespace, p.query, _ = bytes.Cut(p.namespace, []byte{'?'})
		if len(p.namespace) > maxNamespace || len(p.query) > maxQuery {
			return p, errPacket
		}
	}
	p.id = noID
	digits := 0
	for ; digits < len(b) && b[digits] >= '0' && b[digits] <= '9'; digits++ {
		if digits == maxIDDigits {
			return p, errPacket
		}
		p.id = max(p.id, 0)*10 + int64(b[digits]-'0')
	}
	p.data = b[digits:]
	return p, nil
}

// parseAttachments reads <number>-.
func parseAttachments(b []byte, limit int) (n int, rest []byte, err error) {
	for i, c := range b {
		switch {
		case c == '-' && n > 0:
			return n, b[i+1:], nil
		case c < '0' || c > '9':
			return 0, nil, errPacket
		}
		if n = n*10 + int(c-'0'); n > limit || n == 0 {
			return 0, nil, errPacket
		}
	}
	return 0, nil, errPacket
}

// isLegacyConnect reports whether a packet of Engine.IO is a CONNECT as the
// clients 1.x write it: without the comma of the later ones.
func isLegacyConnect(p []byte) bool {
	return bytes.HasPrefix(p, []byte("40/")) && bytes.IndexByte(p, ',') < 0
}
