// Package openapi makes the description of the API, api-docs/openapi.yaml, from
// the method table: paths, parameters, results and errors, with an example of
// every method. `make openapi` writes the file; a test holds it to the table.
//
// It is no part of the service: nothing of the product imports it. It imports
// api and rest for what they say of themselves, and neither storage nor auth.
package openapi
