package pattern

// The limits of a filter policy.
const (
	filterSize         = 256 << 10
	filterKeys         = 5
	filterCombinations = 150
)

func parseFilter(text string, body bool) (*Pattern, *SyntaxError) {
	p, err := readFilter(text, body)
	if err != nil {
		err.filter = true
	}
	return p, err
}

func readFilter(text string, body bool) (*Pattern, *SyntaxError) {
	if len(text) > filterSize {
		return nil, refuse("FilterPolicy: Filter policy is too long")
	}
	o, err := parse(text, true)
	if err != nil && err.json {
		err.Reason = "failed to parse JSON. " + err.Reason
	}
	if err != nil {
		err.Reason = "FilterPolicy: " + err.Reason
		return nil, err
	}
	switch {
	case !body && o.nested():
		return nil, refuse("Filter policy scope MessageAttributes does not support nested filter policy")
	case len(o) > filterKeys:
		return nil, refuse("FilterPolicy: Filter policy can not have more than %d keys", filterKeys)
	case o.combinations(1, 1) > filterCombinations:
		return nil, refuse("FilterPolicy: Filter policy is too complex")
	}
	return compile(o)
}

// nested reports whether objects stand in objects.
func (o object) nested() bool {
	for _, m := range o {
		if m.object != nil {
			return true
		}
		for _, choice := range m.choices {
			if choice.nested() {
				return true
			}
		}
	}
	return false
}

// combinations multiplies n by the lengths of the lists, each counted as often
// as it is deep; $or adds those of its objects. It stops counting when there
// are too many.
func (o object) combinations(depth, n int) int {
	for _, m := range o {
		switch {
		case n > filterCombinations:
			return n
		case m.choices != nil:
			sum := 0
			for _, choice := range m.choices {
				sum += choice.combinations(depth, n)
			}
			n = sum
		case m.field != nil:
			n *= m.values * depth
		default:
			n = m.object.combinations(depth+1, n)
		}
	}
	return n
}
