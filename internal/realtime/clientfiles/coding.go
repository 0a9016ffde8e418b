package clientfiles

import "strings"

// choose gives the variant that an Accept-Encoding field asks for (RFC 9110,
// 12.5.3): of those with the highest weight the first. Where none may be sent
// it is the last, the plain one, which such a client can but throw away.
func choose(accept string, variants []variant) variant {
	best, weight := variants[len(variants)-1], 0
	for _, v := range variants {
		if w := weigh(accept, v.coding); w > weight {
			best, weight = v, w
		}
	}
	return best
}

// weigh gives the weight of a coding in thousandths: zero if it is refused or
// not named, neither itself nor by "*". The first mention counts.
func weigh(accept, coding string) int {
	others := 0
	seen := false
	for item := range strings.SplitSeq(accept, ",") {
		name, param, weighed := strings.Cut(item, ";")
		name = strings.ToLower(strings.Trim(name, " \t"))
		switch {
		case name == coding, name == "x-gzip" && coding == "gzip":
			return quality(param, weighed)
		case name == "*" && !seen:
			others, seen = quality(param, weighed), true
		}
	}
	return others
}

// quality reads a weight such as "q=0.25" into thousandths: 1000 without one,
// zero for what is none, so that it refuses.
func quality(param string, weighed bool) int {
	if !weighed {
		return 1000
	}
	param = strings.Trim(param, " \t")
	if len(param) < 3 || len(param) > 7 || (param[0] != 'q' && param[0] != 'Q') || param[1] != '=' {
		return 0
	}
	whole, decimals, _ := strings.Cut(param[2:], ".")
	if whole != "0" && whole != "1" {
		return 0
	}
	thousandths := int(whole[0]-'0') * 1000
	unit := 100
	for _, digit := range []byte(decimals) {
		if digit < '0' || digit > '9' {
			return 0
		}
		thousandths += int(digit-'0') * unit
		unit /= 10
	}
	if thousandths > 1000 {
		return 0
	}
	return thousandths
}
