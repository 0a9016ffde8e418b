//go:build long

package apitest_test

const historyRounds = 60 // of writing until the server is killed
