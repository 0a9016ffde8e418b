package main

import (
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/config"
)

func help(t *testing.T, command ...string) string {
	t.Helper()
	got := activityd(t, nil, "", append(command, "--help")...)
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("%v --help: got %+v", command, got)
	}
	return got.stdout
}

func TestHelp(t *testing.T) {
	want := `activityd keeps personal activity data: channels, folders and timestamped
events, for many users, over REST and Socket.IO.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.

Usage:
  activityd
  activityd [command]

Examples:
  activityd serve
  activityd user add alice --email alice@example.org
  activityd serve --help

Available Commands:
  completion    Generate the autocompletion script for the specified shell
  config        Print the effective configuration
  healthcheck   Ask the service on this machine whether it is alive
  help          Help about any command
  migrate-store Move all data from one store to another
  serve         Run the service
  user          Manage the users of this installation
  version       Print the version

Flags:
  -h, --help   help for activityd

Use "activityd [command] --help" for more information about a command.
`
	if got := help(t); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestHelpOfUserAdd(t *testing.T) {
	want := `Make a user, whatever the registration mode. The password is asked for twice on
the terminal, or read from standard input with --password-stdin.

Usage:
  activityd user add NAME --email ADDRESS [flags]

Examples:
  activityd user add alice --email alice@example.org
  pass show alice | activityd user add alice --email alice@example.org --password-stdin

Flags:
      --email address    the user's email address (required)
  -h, --help             help for add
      --password-stdin   read the password from the first line of standard input

Global Flags:
      --config file          YAML file of settings (default: ACTIVITYD_CONFIG)
      --data-dir directory   directory of the store, keys and files (default "./data")
      --mongodb-uri uri      uri of a MongoDB replica set to use in place of SQLite
`
	if got := help(t, "user", "add"); got != want {
		t.Errorf("got\n%s", got)
	}
}

// Where all settings matter the help names each with its default.
func TestHelpNamesEverySetting(t *testing.T) {
	for _, command := range []string{"serve", "config"} {
		lines := strings.Split(help(t, command), "\n")
		for _, s := range config.Settings() {
			found := false
			for _, line := range lines {
				found = found || strings.Contains(line, " --"+s.Flag()+" ") && strings.Contains(line, s.Default)
			}
			if !found {
				t.Errorf("%s --help does not name --%s with default %q", command, s.Flag(), s.Default)
			}
		}
	}
}

// Each command says what it does and shows how.
func TestCommandsAreDocumented(t *testing.T) {
	commands := rootCommand(nil).Commands()
	for len(commands) > 0 {
		cmd := commands[0]
		commands = append(commands[1:], cmd.Commands()...)
		if cmd.Short == "" || cmd.Long == "" || !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s: short %q, long %q, example %q", cmd.CommandPath(), cmd.Short, cmd.Long, cmd.Example)
		}
	}
}
