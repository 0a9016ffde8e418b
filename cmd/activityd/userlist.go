package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// userRow is a user as listed.
type userRow struct {
	Username string    `json:"username"`
	Email    string    `json:"email"`
	Created  time.Time `json:"created"`
	Disabled bool      `json:"disabled"`
}

func userListCommand(settings settingFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the users",
		Long:  `List the users by name, as a table or with --json as an array.`,
		Example: `  activityd user list
  activityd user list --json`,
		Args: noArgs,
	}
	asJSON := cmd.Flags().Bool("json", false, "print a JSON array")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		effective, err := settings.load()
		if err != nil {
			return err
		}
		users, err := userList(cmd.Context(), effective.Config)
		if err != nil {
			return err
		}
		if *asJSON {
			return writeUsersJSON(cmd.OutOrStdout(), users)
		}
		return writeUsers(cmd.OutOrStdout(), users)
	}
	return cmd
}

// writeUsersJSON prints an array, empty where there are no users.
func writeUsersJSON(w io.Writer, users []userRow) error {
	if users == nil {
		users = []userRow{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(users)
}

func writeUsers(w io.Writer, users []userRow) error {
	const padding = 2
	table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	rows := "NAME\tEMAIL\tCREATED\tSTATE\n"
	for _, u := range users {
		state := "active"
		if u.Disabled {
			state = "disabled"
		}
		rows += fmt.Sprintf("%s\t%s\t%s\t%s\n", u.Username, u.Email, u.Created.UTC().Format(time.DateTime), state)
	}
	if _, err := io.WriteString(table, rows); err != nil {
		return err
	}
	return table.Flush()
}
