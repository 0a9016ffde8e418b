package config

import (
	"slices"
	"strings"
)

const (
	envPrefix = "ACTIVITYD_"

	// EnvFile names the configuration file where no flag does.
	EnvFile = envPrefix + "CONFIG"

	originDefault = "default"
	originDerived = "derived from domain and listen"
)

// Sources are the places that values come from, in rising precedence.
type Sources struct {
	// File is the path of a YAML file; empty means the one that EnvFile
	// names, if any.
	File string

	// Environ is in the form of os.Environ. A variable that is empty counts
	// as not set.
	Environ []string

	// Flags holds the flags that were given, by [Setting.Name].
	Flags map[string]string

	// CheckMongoDBURI says what else is wrong with a MongoDB URI, behind the URI
	// in a sentence and without any secret. Nil checks nothing more.
	CheckMongoDBURI func(uri string) error
}

// Effective is a configuration that knows where each value came from.
type Effective struct {
	Config
	origins map[string]string
}

// Origin says where the value of a setting came from, for people: "default",
// "flag --listen", "environment ACTIVITYD_LISTEN", "activityd.yaml:3" or
// "derived from domain and listen".
func (e Effective) Origin(name string) string { return e.origins[name] }

// given is a value as it was written.
type given struct {
	setting Setting
	origin  string
	text    string
}

// Load reads every source and returns the effective configuration, or
// [Mistakes]: all that is wrong in any source, overridden values included.
func Load(sources Sources) (Effective, error) {
	l := loader{settings: Settings(), origins: map[string]string{}, wrong: map[string]bool{}}
	values := l.file(sources)
	values = append(values, l.environment(sources.Environ)...)
	values = append(values, l.flags(sources.Flags)...)

	var cfg Config
	for _, s := range l.settings {
		l.apply(&cfg, given{setting: s, origin: originDefault, text: s.Default})
	}
	for _, v := range values {
		l.apply(&cfg, v)
	}
	l.derive(&cfg)
	l.check(cfg)
	l.checkMongoDBURI(cfg, sources.CheckMongoDBURI)
	if len(l.mistakes) > 0 {
		return Effective{}, l.mistakes
	}
	return Effective{Config: cfg, origins: l.origins}, nil
}

// loader gathers what the steps of Load find.
type loader struct {
	settings []Setting
	origins  map[string]string
	wrong    map[string]bool // settings that no later check should look at
	mistakes Mistakes
}

func (l *loader) apply(cfg *Config, v given) {
	name := v.setting.Name
	if err := v.setting.set(cfg, v.text); err != nil {
		l.wrong[name] = true
		l.mistakes = append(l.mistakes, wrongValue(v.setting, v.origin, v.text, err.Error()))
		return
	}
	l.origins[name] = v.origin
}

func (l *loader) environment(environ []string) []given {
	var values []given
	names := []string{EnvFile}
	for _, s := range l.settings {
		names = append(names, s.Env())
	}
	for _, variable := range environ {
		name, text, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, envPrefix) || ignoredVariable(name) {
			continue
		}
		i := slices.Index(names, name)
		switch {
		case i < 0:
			l.mistakes = append(l.mistakes, Mistake{
				Setting: name, Origin: "environment", Problem: "is no setting" + didYouMean(name, names),
			})
		case name != EnvFile && text != "":
			values = append(values, given{l.settings[i-1], "environment " + name, text})
		}
	}
	return values
}

// ignoredVariable tells the variables that tests read.
func ignoredVariable(name string) bool {
	return name == envPrefix+"MONGOD" || strings.HasPrefix(name, envPrefix+"TEST_")
}

func (l *loader) flags(flags map[string]string) []given {
	var values []given
	for _, s := range l.settings {
		if text, ok := flags[s.Name]; ok {
			values = append(values, given{s, "flag --" + s.Flag(), text})
		}
	}
	return values
}

// variable returns the last value of a variable, or "".
func variable(environ []string, name string) string {
	for _, v := range slices.Backward(environ) {
		if text, ok := strings.CutPrefix(v, name+"="); ok {
			return text
		}
	}
	return ""
}
