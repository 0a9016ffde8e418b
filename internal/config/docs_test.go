package config_test

import (
	goflag "flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/config"
)

var update = goflag.Bool("update", false, "write the table of settings into docs/operations.md")

// TestDocumentedSettings keeps the table in docs/operations.md true.
func TestDocumentedSettings(t *testing.T) {
	const file, heading = "../../docs/operations.md", "\n| setting |"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, documented, found := strings.Cut(string(text), heading)
	var table strings.Builder
	table.WriteString(heading + " default | allowed | |\n|---|---|---|---|\n")
	for _, s := range config.Settings() {
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", s.Name, code(s.Default), s.Allowed, strings.ReplaceAll(s.Help, "`", ""))
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+table.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !found || heading+documented != table.String() {
		t.Errorf("%s is not true any more: go test ./internal/config -run TestDocumentedSettings -update", file)
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
