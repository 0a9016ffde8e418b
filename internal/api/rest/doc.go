// Package rest serves the method table over HTTP: which user is meant, how a
// request carries parameters, how results and errors are written. The routes
// are made from the table; there is no handler per method.
//
// It owns tenancy by host and path, the headers of every answer, and the one
// table of error codes and statuses. It never imports storage: what it knows of
// the data it knows through api.Service.
package rest
