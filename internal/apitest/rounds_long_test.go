//go:build long

package apitest_test

const (
	historyRounds = 60   // of writing until a server is killed
	doorSteps     = 5000 // groups of requests
)
