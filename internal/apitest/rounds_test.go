//go:build !long

package apitest_test

const (
	historyRounds = 4   // of writing until a server is killed
	doorSteps     = 600 // groups of requests
)
