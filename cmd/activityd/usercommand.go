package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func userCommand(environ []string) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "user",
		Short: "Manage the users of this installation",
		Long: `Manage the users of this installation, directly in its store; the service may
run meanwhile.

The store is found as 'activityd serve' finds it, and every setting of that
command is accepted here too.`,
		Example: `  activityd user add alice --email alice@example.org
  activityd user list --data-dir /var/lib/activityd`,
	})
	settings := addSettings(cmd.PersistentFlags(), environ, "data_dir", "mongodb_uri")
	cmd.AddCommand(
		userAddCommand(settings),
		userListCommand(settings),
		userDeleteCommand(settings),
		userDisableCommand(settings),
		userResetPasswordCommand(settings),
	)
	return cmd
}

// oneName wants exactly one argument, the user's name.
func oneName(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("%q wants the name of one user, but was given %d arguments\nSee '%s --help'.",
			cmd.CommandPath(), len(args), cmd.CommandPath())
	}
	return nil
}

// say prints a sentence about what was done.
func say(cmd *cobra.Command, format string, args ...any) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), format+"\n", args...)
	return err
}

func userAddCommand(settings settingFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add NAME --email ADDRESS",
		Short: "Make a user",
		Long: `Make a user, whatever the registration mode. The password is asked for twice on
the terminal, or read from standard input with --password-stdin.`,
		Example: `  activityd user add alice --email alice@example.org
  pass show alice | activityd user add alice --email alice@example.org --password-stdin`,
		Args: oneName,
	}
	email := cmd.Flags().String("email", "", "the user's email `address` (required)")
	fromStdin := passwordFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *email == "" {
			return usagef("the user needs an email address: give --email")
		}
		effective, err := settings.load()
		if err != nil {
			return err
		}
		password, err := askPassword(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), args[0], *fromStdin)
		if err != nil {
			return err
		}
		user := newUser{Username: args[0], Email: *email, Password: password}
		if err := userAdd(cmd.Context(), effective.Config, user); err != nil {
			return err
		}
		return say(cmd, "User %s was added.", args[0])
	}
	return cmd
}

func userDeleteCommand(settings settingFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a user with all data",
		Long: `Delete a user with all channels, events, files and accesses. This cannot be
undone; the name stays blocked for 90 days. Asks for confirmation on the
terminal unless --yes is given.`,
		Example: `  activityd user delete alice
  activityd user delete alice --yes`,
		Args: oneName,
	}
	yes := cmd.Flags().Bool("yes", false, "do not ask for confirmation")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		effective, err := settings.load()
		if err != nil {
			return err
		}
		if !*yes {
			question := "All data of user " + args[0] + " will be lost for good."
			if err := confirm(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), question, args[0]); err != nil {
				return err
			}
		}
		if err := userDelete(cmd.Context(), effective.Config, args[0]); err != nil {
			return err
		}
		return say(cmd, "User %s was deleted.", args[0])
	}
	return cmd
}

func userDisableCommand(settings settingFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "disable NAME",
		Short: "Lock a user out, or in again",
		Long: `Lock a user out: sign-ins, tokens and sockets stop working, the data stays.
With --enable the user may come back.`,
		Example: `  activityd user disable alice
  activityd user disable alice --enable`,
		Args: oneName,
	}
	enable := cmd.Flags().Bool("enable", false, "let the user in again")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		effective, err := settings.load()
		if err != nil {
			return err
		}
		if err := userSetDisabled(cmd.Context(), effective.Config, args[0], !*enable); err != nil {
			return err
		}
		if *enable {
			return say(cmd, "User %s was enabled.", args[0])
		}
		return say(cmd, "User %s was disabled.", args[0])
	}
	return cmd
}

func userResetPasswordCommand(settings settingFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reset-password NAME",
		Short: "Give a user a new password",
		Long: `Give a user a new password and end all sign-ins. It is asked for twice on the
terminal, or read from standard input with --password-stdin.`,
		Example: `  activityd user reset-password alice
  pass show alice | activityd user reset-password alice --password-stdin`,
		Args: oneName,
	}
	fromStdin := passwordFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		effective, err := settings.load()
		if err != nil {
			return err
		}
		password, err := askPassword(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), args[0], *fromStdin)
		if err != nil {
			return err
		}
		if err := userResetPassword(cmd.Context(), effective.Config, args[0], password); err != nil {
			return err
		}
		return say(cmd, "The password of user %s was changed.", args[0])
	}
	return cmd
}

// passwordFlag adds the only way to give a password without a terminal: as a
// flag it would stand in the shell's history and the list of processes.
func passwordFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("password-stdin", false, "read the password from the first line of standard input")
}
