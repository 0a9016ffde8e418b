// Package clienttest runs the official Socket.IO clients, of every generation
// and as npm and Debian have them, against our servers. It holds nothing but
// tests and what they run; `make deps` fetches the clients.
package clienttest
