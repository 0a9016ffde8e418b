//go:build !long

package apitest_test

const historyRounds = 4 // of writing until the server is killed
