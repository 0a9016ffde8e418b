package main

import "github.com/spf13/cobra"

func serveCommand(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: `Run the service until SIGINT or SIGTERM; a second signal ends it at once.

It needs nothing: the data directory, keys and schema are made at the first
start, which also prints a link that makes the first user. With --mongodb-uri the
data is in MongoDB instead, which any number of servers may share.

Each flag can also be given as environment variable (--data-dir is
ACTIVITYD_DATA_DIR) and in a YAML file (data_dir) named by --config. Flags come
before the environment, the environment before the file. See what is in effect,
and from where, with 'activityd config'.`,
		Example: `  activityd serve
  activityd serve --listen :3000 --domain activity.example.org --data-dir /var/lib/activityd
  activityd serve --mongodb-uri 'mongodb://localhost/activityd?replicaSet=rs0'
  activityd serve --config /etc/activityd.yaml --log-level debug`,
		Args: noArgs,
	}
	settings := addSettings(cmd.Flags(), environ)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		effective, err := settings.load()
		if err != nil {
			return err
		}
		log := newLogger(cmd.ErrOrStderr(), effective.LogFormat, effective.LogLevel)
		return serve(cmd.Context(), effective.Config, log, cmd.OutOrStdout())
	}
	return cmd
}
