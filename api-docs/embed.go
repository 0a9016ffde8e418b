// Package apidocs holds the description of the API as a file for the service to
// serve. It is nothing but the file and its embedding; internal/openapi makes
// it.
package apidocs

import _ "embed"

// OpenAPI is the description of the API, api-docs/openapi.yaml.
//
//go:embed openapi.yaml
var OpenAPI []byte
