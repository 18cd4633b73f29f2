package tag

import (
	"iter"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// Max is how many tags a thing can have, in every service.
const Max = 50

// Tag is one tag of a thing.
type Tag struct{ Key, Value string }

// Set are the tags of one thing, in the order of their keys unless its Rules
// say otherwise. Those of a request are a Set only when the Rules have taken
// them: until then a key may stand twice.
type Set []Tag

// shape is what most services call a tag.
type shape = struct{ Key, Value *string }

// Of reads the tags of a request. What is missing is empty.
func Of[T ~shape](in []T) Set {
	s := make(Set, len(in))
	for i, t := range in {
		t := shape(t)
		s[i] = Tag{aws.Val(t.Key), aws.Val(t.Value)}
	}
	return s
}

// Shapes writes tags for an answer. The list is empty, not nil, for none.
func Shapes[T ~shape](s Set) []T {
	shapes := make([]T, len(s))
	for i, t := range s {
		shapes[i] = T(shape{&t.Key, &t.Value})
	}
	return shapes
}

// Keys returns the keys of the tags.
func (s Set) Keys() []string {
	keys := make([]string, len(s))
	for i, t := range s {
		keys[i] = t.Key
	}
	return keys
}

// Map returns the tags by key.
func (s Set) Map() map[string]string {
	m := make(map[string]string, len(s))
	for _, t := range s {
		m[t.Key] = t.Value
	}
	return m
}

// All lists the tags, each under its key.
func (s Set) All() iter.Seq2[string, Tag] {
	return func(yield func(string, Tag) bool) {
		for _, t := range s {
			if !yield(t.Key, t) {
				return
			}
		}
	}
}

// SetResource sets aws:ResourceTag/key for the tags that a thing has.
func (s Set) SetResource(c policy.Context) {
	for _, t := range s {
		c.Set("aws:ResourceTag/"+t.Key, t.Value)
	}
}

// SetRequest sets aws:RequestTag/key and aws:TagKeys for the tags that a call
// brings, and returns the context.
func (s Set) SetRequest(c policy.Context) policy.Context {
	for _, t := range s {
		c.Set("aws:RequestTag/"+t.Key, t.Value)
	}
	SetKeys(c, s.Keys())
	return c
}

// SetKeys sets aws:TagKeys for the keys that a call brings, with values or
// without. For none it is absent.
func SetKeys(c policy.Context, keys []string) {
	if len(keys) > 0 {
		c.Set("aws:TagKeys", keys...)
	}
}
