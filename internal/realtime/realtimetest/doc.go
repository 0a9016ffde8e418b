// Package realtimetest is a Socket.IO client for tests, in the protocols 1, 3, 4
// and 5, over WebSocket and polling. It shows what comes on the wire and never
// reconnects by itself. It imports nothing of activityd but what splits JSON.
package realtimetest
