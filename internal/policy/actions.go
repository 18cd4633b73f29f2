package policy

import (
	"maps"
	"slices"
)

// S3Action is an action of S3, for those who judge policies.
type S3Action struct{ a *s3Action }

// S3ActionsLike returns the actions of S3 that an action of a policy, with its
// wildcards, stands for.
func S3ActionsLike(action string) []S3Action {
	like := s3ActionsLike(action)
	out := make([]S3Action, len(like))
	for i, a := range like {
		out[i].a = a
	}
	return out
}

// Name is the action's name, without s3:.
func (a S3Action) Name() string { return a.a.name }

// OnBucket and OnObject say what the action is done to. Those of neither are
// done to the account, to access points and the like.
func (a S3Action) OnBucket() bool { return a.a.scope&ofBucket != 0 }
func (a S3Action) OnObject() bool { return a.a.scope&ofObject != 0 }

// Knows reports whether a condition key can be in the context of the action.
func (a S3Action) Knows(key string) bool { return a.a.knows(conditionKeyName(key)) }

// GlobalKeys are the condition keys of every service, lower case and sorted.
// One that ends in a slash goes on with a tag's.
func GlobalKeys() []string { return slices.Sorted(maps.Keys(globalKeys)) }

// S3Keys are those that S3 adds to the global ones.
func S3Keys() []string {
	keys := slices.Collect(maps.Keys(s3CommonKeys))
	for i := range s3Actions {
		keys = append(keys, slices.Concat(s3Actions[i].keys...)...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// MatchesAction reports whether an action of a policy, with its wildcards,
// stands for an action.
func MatchesAction(pattern, action string) bool {
	t := compileAction(pattern)
	return t.matchFold(action)
}
