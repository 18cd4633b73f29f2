package policy

import (
	"fmt"
	"testing"
)

func TestGrants(t *testing.T) {
	for _, c := range []struct {
		effect, element, actions string
		want                     bool
	}{
		{"Allow", "Action", `"s3:GetObject"`, true},
		{"Allow", "Action", `"S3:*"`, true},
		{"Allow", "Action", `"*"`, true},
		{"Allow", "Action", `"*:*"`, true},
		{"Allow", "Action", `"s*:Get*"`, true},
		{"Allow", "Action", `["sqs:*","s3:ListBucket"]`, true},
		{"Allow", "Action", `"s3express:*"`, false},
		{"Allow", "Action", `["sqs:*","kms:*"]`, false},
		{"Deny", "Action", `"s3:*"`, false},
		{"Allow", "NotAction", `"s3:*"`, false},
		{"Allow", "NotAction", `"*"`, false},
		{"Allow", "NotAction", `"s3:Get*"`, true},
		{"Allow", "NotAction", `["iam:*","kms:*"]`, true},
		{"Allow", "NotAction", `["s3:Get*","s?:*"]`, false},
	} {
		doc, err := Parse([]byte(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,%q:%s,"Resource":"*"}]}`, c.effect, c.element, c.actions)))
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Grants("s3"); got != c.want {
			t.Errorf("%s %s %s: %v", c.effect, c.element, c.actions, got)
		}
	}
}
