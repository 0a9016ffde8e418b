// Command empty is the size of a Go program that only prints.
package main

import "fmt"

func main() { fmt.Println("none") }
