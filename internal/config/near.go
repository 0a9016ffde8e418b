package config

import "strings"

// Near returns the candidate that name was probably meant to be, or "" if none
// is close. Hyphens, underscores and case make no difference.
func Near(name string, candidates []string) string {
	const farthest, longest = 3, 64
	if len(name) > longest {
		return ""
	}
	best, nearest := "", farthest
	for _, candidate := range candidates {
		d := distance(fold(name), fold(candidate))
		if d < nearest && d < len(candidate)/2 {
			best, nearest = candidate, d
		}
	}
	return best
}

func fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "-", "_")) }

// distance counts the letters to insert, delete or replace between two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// didYouMean is the end of a sentence about an unknown name, or nothing.
func didYouMean(name string, candidates []string) string {
	if near := Near(name, candidates); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
