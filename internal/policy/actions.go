package policy

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

// IsGlobalKey reports whether a condition key is one of every service.
func IsGlobalKey(key string) bool { return globalKeys[conditionKeyName(key)] }

// IsS3Key reports whether any action of S3 can have a condition key.
func IsS3Key(key string) bool { return isS3Key(conditionKeyName(key)) }

// MatchesAction reports whether an action of a policy, with its wildcards,
// stands for an action.
func MatchesAction(pattern, action string) bool {
	t := compileAction(pattern)
	return t.matchFold(action)
}
