package keys

import "github.com/activityd/activityd/internal/activity"

// JoinTokens gives the hashes as they are stored: one after the other.
func JoinTokens(tokens []activity.TokenHash) []byte {
	b := make([]byte, 0, len(tokens)*len(activity.TokenHash{}))
	for _, h := range tokens {
		b = append(b, h[:]...)
	}
	return b
}

// SplitTokens gives the hashes that JoinTokens has joined.
func SplitTokens(b []byte) []activity.TokenHash {
	const size = len(activity.TokenHash{})
	tokens := make([]activity.TokenHash, 0, len(b)/size)
	for ; len(b) >= size; b = b[size:] {
		tokens = append(tokens, activity.TokenHash(b[:size]))
	}
	return tokens
}
