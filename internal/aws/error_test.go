package aws

import (
	"errors"
	"fmt"
	"testing"
)

func TestError(t *testing.T) {
	plain := Errorf("NoSuchBucket", "The bucket %s is not there", "x")
	named := plain.With("BucketName", "x").With("Region", "us-east-1")
	if plain.Fields != nil {
		t.Error("With changes the error that it copies")
	}
	a, b := named.With("A", "1"), named.With("B", "2")
	if a.Field("B") != "" || a.Field("A") != "1" || b.Field("B") != "2" || b.Field("BucketName") != "x" {
		t.Errorf("%+v and %+v share their fields", a, b)
	}
	if got := named.Error(); got != "NoSuchBucket: The bucket x is not there" {
		t.Error(got)
	}
	if CodeOf(fmt.Errorf("put: %w", named)) != "NoSuchBucket" || CodeOf(errors.New("x")) != "" || CodeOf(nil) != "" {
		t.Error("CodeOf")
	}
}

func TestPrincipal(t *testing.T) {
	session := Principal{Type: AssumedRole, Session: &Session{IssuerARN: "arn:aws:iam::111111111111:role/r"}}
	user := Principal{Type: IAMUser, Session: &Session{IssuerARN: "arn:aws:iam::111111111111:user/u"}}
	if session.RoleARN() != "arn:aws:iam::111111111111:role/r" || user.RoleARN() != "" || new(Principal).RoleARN() != "" {
		t.Error("RoleARN")
	}
	if RootARN("111111111111") != "arn:aws:iam::111111111111:root" {
		t.Error(RootARN("111111111111"))
	}
}
