package tag

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Rules say which tags a service takes, and how it refuses the others.
type Rules struct {
	// Repeated refuses a key that a call brings twice, Reserved one that
	// begins with aws:, TooMany more than Max tags.
	Repeated, Reserved func(key string) *aws.Error
	TooMany            func() *aws.Error
	// Check, if there is one, refuses a tag for what else is wrong with it.
	Check func(Tag) *aws.Error
	// AnyCase is set where keys that differ in nothing but case are the same.
	AnyCase bool
	// AsAdded is set where tags stay in the order in which their keys came.
	AsAdded bool
}

// Reserved reports whether a key is one of AWS's own, which nobody can set.
func Reserved(key string) bool {
	return strings.HasPrefix(strings.ToLower(key), "aws:")
}

// With returns the tags of a thing and those of a call, which replace tags of
// the same key. The error is that of the first tag that is refused.
func (r *Rules) With(have, more Set) (Set, error) {
	all := slices.Clone(have)
	for i, t := range more {
		if err := r.refuse(more[:i], t); err != nil {
			return nil, err
		}
		if at := r.index(all, t.Key); at >= 0 {
			all[at] = t
		} else {
			all = append(all, t)
		}
	}
	if len(all) > Max {
		return nil, r.TooMany()
	}
	if !r.AsAdded {
		slices.SortFunc(all, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	}
	return all, nil
}

func (r *Rules) refuse(before Set, t Tag) *aws.Error {
	if r.index(before, t.Key) >= 0 {
		return r.Repeated(t.Key)
	}
	if r.Check != nil {
		if err := r.Check(t); err != nil {
			return err
		}
	}
	if Reserved(t.Key) {
		return r.Reserved(t.Key)
	}
	return nil
}

// Without returns the tags but those of the given keys. Keys that are not
// there are no error.
func (r *Rules) Without(have Set, keys []string) Set {
	return slices.DeleteFunc(slices.Clone(have), func(t Tag) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return r.same(key, t.Key) })
	})
}

func (r *Rules) index(s Set, key string) int {
	return slices.IndexFunc(s, func(t Tag) bool { return r.same(key, t.Key) })
}

func (r *Rules) same(a, b string) bool {
	return a == b || r.AnyCase && strings.EqualFold(a, b)
}
