package main

import (
	"errors"

	"github.com/activityd/activityd/internal/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func rootCommand(environ []string) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "activityd",
		Short: "A backend for personal activity data",
		Long: `activityd keeps personal activity data: channels, folders and timestamped
events, for many users, over REST and Socket.IO.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.`,
		Example: `  activityd serve
  activityd user add alice --email alice@example.org
  activityd serve --help`,
		SilenceErrors: true,
		SilenceUsage:  true,
	})
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		serveCommand(environ),
		userCommand(environ),
		configCommand(environ),
		versionCommand(),
		healthcheckCommand(environ),
		migrateStoreCommand(environ),
	)
	return root
}

// group makes a command that only holds others.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			cmd.SetOut(cmd.ErrOrStderr())
			if err := cmd.Help(); err != nil {
				return err
			}
			return usagef("which command of %q?", cmd.CommandPath())
		}
		hint := ""
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = "; did you mean " + near[0] + "?"
		}
		return usagef("%q is no command of %q%s\nSee '%s --help'.", args[0], cmd.CommandPath(), hint, cmd.CommandPath())
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.DisableFlagsInUseLine = true
	return cmd
}

// flagError explains a flag that could not be read.
func flagError(cmd *cobra.Command, err error) error {
	hint := ""
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := config.Near(unknown.GetSpecifiedName(), names); near != "" {
			hint = "; did you mean --" + near + "?"
		}
	}
	return usagef("%v%s\nSee '%s --help'.", err, hint, cmd.CommandPath())
}

// noArgs is cobra.NoArgs as a mistake of usage.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%q takes no arguments, but was given %q\nSee '%s --help'.", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return nil
}
