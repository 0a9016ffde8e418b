package main

import "github.com/spf13/cobra"

func configCommand(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the effective configuration",
		Long: `Print the effective configuration as YAML that can be saved as configuration
file, each line with where its value came from. Passwords are replaced. Every
flag of 'activityd serve' is accepted.`,
		Example: `  activityd config
  ACTIVITYD_DOMAIN=activity.example.org activityd config > activityd.yaml`,
		Args: noArgs,
	}
	settings := addSettings(cmd.Flags(), environ)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		effective, err := settings.load()
		if err != nil {
			return err
		}
		return effective.WriteYAML(cmd.OutOrStdout())
	}
	return cmd
}
