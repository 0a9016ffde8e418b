// Package apitest holds the API as a whole to its contract, from outside: by
// requests to the real handler over a real store, and to the real server. It
// has tests only, and may import everything.
package apitest
