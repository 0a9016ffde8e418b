//go:build !long

package apitest_test

const socketRounds = 2 // of writing until the server is ended
