package wire_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/iam"
	"github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

func decodeForm(text string, v wire.Shape) error {
	d, err := wire.NewFormDecoder(text)
	if err != nil {
		return err
	}
	return wire.Decode(d, v)
}

func TestFormDecode(t *testing.T) {
	for _, c := range []struct {
		name, form string
		want       wire.Shape
	}{
		{"nothing", ``, &iam.CreateUserInput{}},
		{"scalars", `Action=CreateUser&Version=2010-05-08&UserName=a%20b%2Bc+d&Path=%2F`, &iam.CreateUserInput{UserName: new("a b+c d"), Path: new("/")}},
		{"empty is present", `UserName=`, &iam.CreateUserInput{UserName: new("")}},
		{"no value", `UserName`, &iam.CreateUserInput{UserName: new("")}},
		{"stray separators", `&&UserName=x&`, &iam.CreateUserInput{UserName: new("x")}},
		{"numbers", `MaxItems=5`, &iam.ListUsersInput{MaxItems: new(int32(5))}},
		{"booleans", `SetAsDefault=True`, &iam.CreatePolicyVersionInput{SetAsDefault: new(true)}},
		{"list of structures", `Tags.member.2.Key=b&Tags.member.1.Value=1&Tags.member.1.Key=a`,
			&iam.CreateUserInput{Tags: []iam.Tag{{Key: new("a"), Value: new("1")}, {Key: new("b")}}}},
		{"numeric order", `TagKeys.member.10=j&TagKeys.member.9=i&TagKeys.member.1=a`, &iam.UntagUserInput{TagKeys: []string{"a", "i", "j"}}},
		{"not indexes", `TagKeys.member.0=a&TagKeys.member.01=b&TagKeys.member.-1=c&TagKeys.member.x=d&TagKeys.member.1=e`, &iam.UntagUserInput{TagKeys: []string{"e"}}},
		{"empty list", `TagKeys=`, &iam.UntagUserInput{TagKeys: []string{}}},
		{"prefix of another name", `UserNameX=y&UserName=x`, &iam.CreateUserInput{UserName: new("x")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := reflect.New(reflect.TypeOf(c.want).Elem()).Interface().(wire.Shape)
			if err := decodeForm(c.form, got); err != nil {
				t.Fatal(err)
			}
			same(t, c.want, got)
		})
	}
}

func TestFormRefused(t *testing.T) {
	for _, c := range []struct{ form, code string }{
		{`UserName=%zz`, "MalformedQueryString"},
		{`%zz=1`, "MalformedQueryString"},
		{strings.Repeat("a=1&", 20_000), "MalformedQueryString"},
		{`MaxItems=x`, "MalformedInput"},
		{`MaxItems=99999999999`, "MalformedInput"},
		{`MaxItems=`, "MalformedInput"},
		{`MaxItems.member.1=1`, "MalformedInput"},
	} {
		if err := decodeForm(c.form, new(iam.ListUsersInput)); aws.CodeOf(err) != c.code {
			t.Errorf("%.40s: %v, want %s", c.form, err, c.code)
		}
	}
}

// Whatever we accept survives being written and read again.
func FuzzForm(f *testing.F) {
	for _, s := range []string{
		`Action=AssumeRole&RoleArn=arn%3Aaws&DurationSeconds=900&Tags.member.1.Key=k&PolicyArns.member.3.arn=a`,
		`Tags.member.1.Key=&TransitiveTagKeys.member.1=x&Tags=`, `=&.=1&Tags.=2&Tags.member.=3`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, fresh := range []func() wire.Shape{
			func() wire.Shape { return new(sts.AssumeRoleInput) },
			func() wire.Shape { return new(iam.CreateRoleInput) },
			func() wire.Shape { return new(iam.UntagUserInput) },
		} {
			v, again := fresh(), fresh()
			if decodeForm(text, v) != nil {
				continue
			}
			wire.Check(operationOf(v), v)
			e := &formEncoder{form: url.Values{}}
			wire.Encode(e, v)
			if err := decodeForm(e.form.Encode(), again); err != nil {
				t.Fatal(err)
			}
			same(t, v, again)
		}
	})
}
