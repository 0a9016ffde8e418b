package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestDockerFiles: what containers are told is a configuration.
func TestDockerFiles(t *testing.T) {
	t.Parallel()
	image, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	base := regexp.MustCompile(`ACTIVITYD_\w+=\S+`).FindAllString(string(image), -1)
	files, err := filepath.Glob("../../docker-compose*.yml")
	if err != nil || len(files) != 2 || len(base) == 0 {
		t.Fatalf("%q %v, %q in the image", files, err, base)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var compose struct {
			Services map[string]struct {
				Image       string
				Environment map[string]string
			}
		}
		if err := yaml.Unmarshal(text, &compose); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		servers := 0
		for name, service := range compose.Services {
			if service.Image != "activityd" {
				continue
			}
			servers++
			environ := base
			for variable, value := range service.Environment {
				environ = append(environ[:len(environ):len(environ)], variable+"="+value)
			}
			got := activityd(t, environ, "", "config")
			if got.code != exitOK || !strings.Contains(got.stdout, "registration: invite ") {
				t.Errorf("%s, %s: %+v", file, name, got)
			}
		}
		if servers == 0 {
			t.Errorf("%s has no server", file)
		}
	}
}
