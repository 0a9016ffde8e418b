package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// file reads the values of the configuration file, if one is named.
func (l *loader) file(sources Sources) []given {
	path, origin := sources.File, "flag --config"
	if path == "" {
		path, origin = variable(sources.Environ, EnvFile), "environment "+EnvFile
	}
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		l.mistakes = append(l.mistakes, Mistake{Setting: "config", Origin: origin, Problem: "cannot be read: " + err.Error()})
		return nil
	}
	return l.parse(shorten(filepath.Base(path)), text)
}

// parse reads the syntax tree rather than decoding, for line numbers and for
// values as they were written: 0.9 stays 0.9.
func (l *loader) parse(name string, text []byte) []given {
	broken := func(problem string) []given {
		l.mistakes = append(l.mistakes, Mistake{Setting: "config", Origin: name, Problem: problem})
		return nil
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		// Without the source excerpt, which may hold a secret.
		return broken("is not valid YAML: " + yaml.FormatError(err, false, false))
	}
	var mapping *ast.MappingNode
	for _, doc := range file.Docs {
		switch body := doc.Body.(type) {
		case nil:
		case *ast.MappingNode:
			if mapping != nil {
				return broken("holds more than one YAML document")
			}
			mapping = body
		default:
			return broken("is not a list of lines like \"listen: localhost:3000\"")
		}
	}
	if mapping == nil {
		return nil
	}
	return l.entries(name, mapping)
}

func (l *loader) entries(file string, mapping *ast.MappingNode) []given {
	names := make([]string, len(l.settings))
	for i, s := range l.settings {
		names[i] = s.Name
	}
	var values []given
	for _, entry := range mapping.Values {
		token := entry.Key.GetToken()
		origin := file + ":" + strconv.Itoa(token.Position.Line)
		i := slices.Index(names, token.Value)
		if i < 0 {
			l.mistakes = append(l.mistakes, Mistake{
				Setting: shorten(token.Value), Origin: origin, Problem: "is no setting" + didYouMean(token.Value, names),
			})
			continue
		}
		text, err := textOf(entry.Value, l.settings[i].List)
		if err != nil {
			l.wrong[names[i]] = true
			l.mistakes = append(l.mistakes, Mistake{
				Setting: names[i], Origin: origin, Problem: err.Error(), Allowed: l.settings[i].Allowed,
			})
			continue
		}
		values = append(values, given{l.settings[i], origin, text})
	}
	return values
}

// textOf returns a scalar as it was written, or a list joined by commas.
func textOf(node ast.Node, list bool) (string, error) {
	switch n := node.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	case *ast.NullNode:
		return "", errors.New("has no value: give one or remove the line")
	case *ast.SequenceNode:
		if !list {
			return "", errors.New("is a list where one value is expected")
		}
		texts := make([]string, len(n.Values))
		for i, value := range n.Values {
			text, err := textOf(value, false)
			if err != nil {
				return "", fmt.Errorf("has an entry that %w", err)
			}
			texts[i] = text
		}
		return strings.Join(texts, ","), nil
	default:
		return "", errors.New("is not a plain value")
	}
}

// shorten makes a name that somebody chose fit to be shown on a line.
func shorten(key string) string {
	quoted := quote(key)
	if inner := quoted[1 : len(quoted)-1]; inner == key {
		return key
	}
	return quoted
}
