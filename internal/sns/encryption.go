package sns

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
)

// keyActions are what a publisher to an encrypted topic must be allowed to do
// with its key.
var keyActions = []string{"kms:GenerateDataKey", "kms:Decrypt"}

// managedKey is what everybody calls the key that an account has for SNS.
const managedKey = "alias/aws/sns"

// ensureKey makes that key where a topic names it and nobody has needed it
// before. Any other key is asked for when it is used.
func (s *Service) ensureKey(c *call.Call, t *Topic) error {
	if s.Keys == nil || t.Key != managedKey && t.Key != aws.NewARN("kms", t.Region, t.Account, managedKey).String() {
		return nil
	}
	_, err := s.Keys.ManagedKey(c.Tx, c.Time, t.Account, t.Region, "sns")
	return err
}

// mayUseKey asks whether who publishes may use the key of an encrypted topic,
// whose name is one in the topic's account. Caller is the publisher's account,
// "" of a service.
func (s *Service) mayUseKey(r store.Reader, t *Topic, caller string, ask func(call.Target) error) error {
	if t.Key == "" {
		return nil
	}
	if s.Keys == nil {
		return aws.Errorf("KMSNotFound", "There are no keys here")
	}
	for _, action := range keyActions {
		context := map[string]string{"aws:sns:topicArn": t.ARN()}
		target, refused := s.Keys.Target(r, t.Key, t.Account, t.Region, action, context, "sns."+t.Region+".amazonaws.com")
		if refused != nil {
			return ofKey(refused)
		}
		if target.Context == nil {
			target.Context = policy.Context{}
		}
		// A service calls from no account of the house, so that a key that the
		// account has for SNS is none of its.
		delete(target.Context, "kms:calleraccount")
		if caller != "" {
			target.Context.Set("kms:CallerAccount", caller)
		}
		if err := ask(target); err != nil {
			return ofKey(err)
		}
	}
	return nil
}

// asService asks in the name of a service at work.
func (s *Service) asService(r store.Reader, from call.Source, region string, now time.Time) func(call.Target) error {
	return func(t call.Target) error {
		var rcps [][]policy.Attached
		if s.ResourceControls != nil {
			rcps = s.ResourceControls(r, t.Owner)
		}
		if refused := from.Ask(t, region, now, rcps); refused != nil {
			return refused
		}
		return nil
	}
}

// keyCodes are SNS's codes for refusals of KMS.
var keyCodes = map[string]string{
	"NotFoundException":        "KMSNotFound",
	"InvalidArnException":      "KMSNotFound",
	"DisabledException":        "KMSDisabled",
	"KMSInvalidStateException": "KMSInvalidState",
	"AccessDeniedException":    "KMSAccessDenied",
	aws.AccessDenied:           "KMSAccessDenied",
	"ThrottlingException":      "KMSThrottling",
	"OptInRequired":            "KMSOptInRequired",
}

// ofKey words a refusal of KMS as SNS does.
func ofKey(err error) error {
	refused, ok := err.(*aws.Error)
	if !ok {
		return err
	}
	code, known := keyCodes[refused.Code]
	if !known {
		code = "KMSInvalidState"
	}
	return aws.Errorf(code, "%s", refused.Message)
}
