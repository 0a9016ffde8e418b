//go:build long

package apitest_test

const socketRounds = 40 // of writing until the server is ended
