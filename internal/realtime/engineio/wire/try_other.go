//go:build !unix

package wire

// canTry tells whether the system lets a read or a write be tried.
const canTry = false

func (a *attempt) tryRead(uintptr) bool { return true }

func (a *attempt) tryWrite(uintptr) bool { return true }
