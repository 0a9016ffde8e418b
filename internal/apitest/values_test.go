package apitest_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// values are the JSON texts that each parameter is replaced by.
func values() []string {
	texts := []string{"", " ", "x", "a/b", "note/txt", "note/*", "null", "true", "5", "../..", "read", "default", "duration", "\x00", "a\x00b", "\U0001F600", "é",
		strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("é", 201), strings.Repeat("x", 100_000)}
	all := []string{
		`null`, `true`, `false`, `-1`, `0`, `1`, `1.5`, `-0.0`, `1e308`, `1e999`, `-1e999`, `1e-400`, `9007199254740992`, `9007199254740993`,
		`18446744073709551616`, `"\ud800"`, `"a\udc00b"`, `{"\ud800":1}`, `[]`, `[null]`, `[1]`, `["a"]`, `["a","a"]`, `[["a"]]`, `[true,null,{}]`,
		`[{}]`, `{}`, `{"a":1}`, `{"a":{"b":[1,{"c":null}]}}`, `{"a":1,"a":2}`, `{"":null}`, `{"$set":{"a.b":1}}`, `[1e999]`, `{"a":9007199254740993}`,
		`{"class":"note","format":"txt"}`, `{"class":"note","format":"*"}`, `{"class":"note","format":"*","more":1}`, `{"CLASS":"note","Format":"*"}`,
		`{"class":1,"format":2}`, `["note/*"]`, `[{"class":"note","format":"*"}]`, `[{"class":"note","format":"*","more":1}]`, `[{"CLASS":"note","Format":"*"}]`, `[{"channelId":"*","level":"read"}]`, `[{"channelId":"*","level":"own"}]`, `[{"channelId":"c","folderPermissions":[{"folderId":7}]}]`,
		nested(64), nested(65), nested(200), `["` + strings.Repeat("x", 201) + `"]`, `[` + strings.Repeat(`"a",`, 2000) + `"a"]`, many(101),
		`{"a":"` + strings.Repeat("x", 70_000) + `"}`,
	}
	for _, text := range texts {
		all = append(all, quote(text))
	}
	return all
}

func nested(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }

// many gives an array of different strings.
func many(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"t%d"`, i))
	}
	return "[" + strings.Join(all, ",") + "]"
}

// randomJSON makes a value of at most so many levels.
func randomJSON(r *rand.Rand, levels int) string {
	kinds := 6
	if levels > 0 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return [...]string{"null", "true", "false"}[r.IntN(3)]
	case 1:
		return fmt.Sprint(r.IntN(200) - 100)
	case 2:
		return fmt.Sprint(r.NormFloat64() * 1e6)
	case 3:
		return fmt.Sprintf("%de%d", r.IntN(10), r.IntN(700)-350)
	case 4, 5:
		return quote(randomText(r))
	case 6:
		items := make([]string, r.IntN(4))
		for i := range items {
			items[i] = randomJSON(r, levels-1)
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	members := make([]string, r.IntN(4))
	for i := range members {
		members[i] = quote(fmt.Sprint(i, randomText(r))) + ":" + randomJSON(r, levels-1)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func randomText(r *rand.Rand) string {
	letters := []rune("abcxyz019 -_./*%?&=\\\"'{}[]\x00\n\té漢\U0001F600")
	text := make([]rune, r.IntN(12))
	for i := range text {
		text[i] = letters[r.IntN(len(letters))]
	}
	return string(text)
}
