//go:build !unix

package main

func failAtFileSize() {} // there is no such signal
