package main

import (
	"slices"
	"strings"

	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/spf13/pflag"
)

// settingFlags is the configuration as flags of one command.
type settingFlags struct {
	flags   *pflag.FlagSet
	environ []string
	file    *string
}

// addSettings gives every setting a flag. Where names are given, only those
// stand in the help.
func addSettings(flags *pflag.FlagSet, environ []string, shown ...string) settingFlags {
	s := settingFlags{flags: flags, environ: environ}
	flags.SortFlags = false
	s.file = flags.String("config", "", "YAML `file` of settings (default: "+config.EnvFile+")")
	for _, setting := range config.Settings() {
		name := setting.Flag()
		if setting.List {
			flags.StringArray(name, nil, setting.Help)
		} else {
			flags.String(name, setting.Default, setting.Help)
		}
		flags.Lookup(name).Hidden = len(shown) > 0 && !slices.Contains(shown, setting.Name)
	}
	return s
}

// load reads the configuration from all its sources. The error is
// config.Mistakes or about flags that the command itself declared wrongly.
func (s settingFlags) load() (config.Effective, error) {
	given := map[string]string{}
	for _, setting := range config.Settings() {
		flag := s.flags.Lookup(setting.Flag())
		if !flag.Changed {
			continue
		}
		given[setting.Name] = flag.Value.String()
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			given[setting.Name] = strings.Join(list.GetSlice(), ",")
		}
	}
	return config.Load(config.Sources{File: *s.file, Environ: s.environ, Flags: given, CheckMongoDBURI: mongo.CheckURI})
}
