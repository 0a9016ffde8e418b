// Package api holds the services and the method table: one row per operation,
// from which REST routes, batch entries, socket commands and the API's
// description are made.
//
// It imports activity, auth and storage, never echo and never a concrete
// store. Adapters stand in packages of their own and call Service.Invoke.
package api
