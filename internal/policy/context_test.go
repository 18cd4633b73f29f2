package policy

import (
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

func TestPrincipalContext(t *testing.T) {
	created := time.Date(2026, 1, 31, 2, 10, 0, 0, time.UTC)
	now := created.Add(90 * time.Second)
	mfa := user
	mfa.Session = &aws.Session{IssuerType: aws.IAMUser, Created: created, MFA: true}
	forward := user
	forward.InvokedBy = "cloudformation.amazonaws.com"
	tagged := auditor
	tagged.InvokedBy = "cloudtrail.amazonaws.com" // through a role of its own
	tagged.Session = &aws.Session{IssuerType: aws.RoleIssuer, IssuerARN: roleARN, Created: created, SourceIdentity: "zoe",
		Tags: map[string]string{"Team": "red"}}
	fed := federated
	fed.Session = &aws.Session{IssuerType: aws.IAMUser, Created: created}
	for _, c := range []struct {
		name string
		who  aws.Principal
		tags map[string]string
		want Context
	}{
		{"anonymous", anonymous, nil, Context{"aws:principaltype": {"Anonymous"}, "aws:userid": {"anonymous"}, "aws:viaawsservice": {"false"}}},
		{"service", service, nil, Context{"aws:principalisawsservice": {"true"}, "aws:principalservicename": {"cloudtrail.amazonaws.com"},
			"aws:principalservicenameslist": {"cloudtrail.amazonaws.com"}, "aws:viaawsservice": {"false"}}},
		{"root", root, nil, Context{"aws:principalisawsservice": {"false"}, "aws:principalaccount": {home}, "aws:principalarn": {aws.RootARN(home)},
			"aws:principaltype": {"Account"}, "aws:userid": {home}, "aws:viaawsservice": {"false"}}},
		{"user", user, map[string]string{"Team": "blue"}, Context{"aws:principalisawsservice": {"false"}, "aws:principalaccount": {home}, "aws:principalarn": {userARN},
			"aws:principaltype": {"User"}, "aws:userid": {"AIDAZOE"}, "aws:username": {"zoe"}, "aws:principaltag/team": {"blue"}, "aws:viaawsservice": {"false"}}},
		{"user with MFA", mfa, nil, Context{"aws:principalisawsservice": {"false"}, "aws:principalaccount": {home}, "aws:principalarn": {userARN},
			"aws:principaltype": {"User"}, "aws:userid": {"AIDAZOE"}, "aws:username": {"zoe"}, "aws:viaawsservice": {"false"},
			"aws:multifactorauthpresent": {"true"}, "aws:multifactorauthage": {"90"}, "aws:tokenissuetime": {"2026-01-31T02:10:00Z"}}},
		{"user through a service", forward, nil, Context{"aws:principalisawsservice": {"false"}, "aws:principalaccount": {home}, "aws:principalarn": {userARN},
			"aws:principaltype": {"User"}, "aws:userid": {"AIDAZOE"}, "aws:username": {"zoe"}, "aws:viaawsservice": {"true"},
			"aws:calledvia": {"cloudformation.amazonaws.com"}, "aws:calledviafirst": {"cloudformation.amazonaws.com"}, "aws:calledvialast": {"cloudformation.amazonaws.com"}}},
		{"role", tagged, map[string]string{"team": "blue", "Cost": "1"}, Context{"aws:principalisawsservice": {"false"}, "aws:principalaccount": {home}, "aws:principalarn": {roleARN},
			"aws:principaltype": {"AssumedRole"}, "aws:userid": {"AROAAUDITOR:s1"}, "aws:viaawsservice": {"false"}, "aws:sourceidentity": {"zoe"},
			"aws:principaltag/team": {"red"}, "aws:principaltag/cost": {"1"}, "aws:multifactorauthpresent": {"false"}, "aws:tokenissuetime": {"2026-01-31T02:10:00Z"}}},
		{"federated", fed, nil, Context{"aws:principalisawsservice": {"false"}, "aws:principalaccount": {home}, "aws:principalarn": {fedARN},
			"aws:principaltype": {"FederatedUser"}, "aws:userid": {home + ":fay"}, "aws:viaawsservice": {"false"},
			"aws:multifactorauthpresent": {"false"}, "aws:tokenissuetime": {"2026-01-31T02:10:00Z"}}},
	} {
		got := PrincipalContext(c.who, c.tags, now)
		if !maps.EqualFunc(got, c.want, func(a, b []string) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("%s:\n got %v\nwant %v", c.name, got, c.want)
		}
	}
}
