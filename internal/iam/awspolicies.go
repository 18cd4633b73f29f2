package iam

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/policy"
)

// awsmanaged holds AWS's own managed policies, one file for each; its README
// says where they come from.
//
//go:embed awsmanaged/*.json
var awsmanaged embed.FS

// catalogue is AWS's managed policies.
type catalogue struct {
	byARN map[string]*Policy
	list  []*Policy // in the order of their ARNs
}

// awsPolicies reads the catalogue when it is first asked for. It panics on a
// file that is no policy; a test reads them all.
var awsPolicies = sync.OnceValue(func() catalogue {
	files, err := awsmanaged.ReadDir("awsmanaged")
	if err != nil {
		panic(err)
	}
	c := catalogue{byARN: make(map[string]*Policy, len(files))}
	for _, f := range files {
		p, err := readAWSPolicy("awsmanaged/" + f.Name())
		if err != nil {
			panic(fmt.Sprintf("iam: %s: %v", f.Name(), err))
		}
		c.byARN[p.ARN] = p
		c.list = append(c.list, p)
	}
	slices.SortFunc(c.list, func(a, b *Policy) int { return strings.Compare(a.ARN, b.ARN) })
	return c
})

func readAWSPolicy(file string) (*Policy, error) {
	b, err := awsmanaged.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var p struct {
		PolicyName, PolicyId, Path, DefaultVersionId, Description string
		CreateDate, UpdateDate                                    time.Time
		Document                                                  json.RawMessage
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(strings.TrimPrefix(p.DefaultVersionId, "v"))
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := json.Indent(&text, p.Document, "", "    "); err != nil {
		return nil, err
	}
	doc, err := policy.NewSource(text.String())
	if err != nil {
		return nil, err
	}
	return &Policy{
		Entity: Entity{
			Account: awsAccount, Name: p.PolicyName, Path: p.Path, ID: p.PolicyId,
			ARN: policyClass.arn(awsAccount, p.Path, p.PolicyName), Created: p.CreateDate,
		},
		Description: p.Description, Updated: p.UpdateDate,
		Versions: []PolicyVersion{{number, p.UpdateDate, doc}}, Last: number, Default: number,
	}, nil
}
