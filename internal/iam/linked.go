package iam

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Service-linked roles live under this path, in a directory of their service,
// and their names begin with the prefix.
const (
	linkedPath   = "/aws-service-role/"
	linkedPrefix = "AWSServiceRoleFor"
)

// linkedService is what is known of a service's role.
type linkedService struct {
	name     string // after linkedPrefix
	policy   string // AWS managed policy under linkedPath that is attached, "" without
	suffixed bool   // an account may have several, told apart by a suffix
}

// linkedServices are the services whose role is not simply called after them.
var linkedServices = map[string]linkedService{
	"cloudtrail.amazonaws.com":                          {name: "CloudTrail", policy: "CloudTrailServiceRolePolicy"},
	"context.cloudtrail.amazonaws.com":                  {name: "CloudTrailEventContext", policy: "CloudTrailEventContext"},
	"organizations.amazonaws.com":                       {name: "Organizations", policy: "AWSOrganizationsServiceTrustPolicy"},
	"access-analyzer.amazonaws.com":                     {name: "AccessAnalyzer"},
	"autoscaling.amazonaws.com":                         {name: "AutoScaling", suffixed: true},
	"backup.amazonaws.com":                              {name: "Backup"},
	"config.amazonaws.com":                              {name: "Config"},
	"detective.amazonaws.com":                           {name: "Detective"},
	"ecs.amazonaws.com":                                 {name: "ECS"},
	"eks.amazonaws.com":                                 {name: "AmazonEKS"},
	"elasticloadbalancing.amazonaws.com":                {name: "ElasticLoadBalancing"},
	"fms.amazonaws.com":                                 {name: "FMS"},
	"guardduty.amazonaws.com":                           {name: "AmazonGuardDuty"},
	"inspector2.amazonaws.com":                          {name: "AmazonInspector2"},
	"macie.amazonaws.com":                               {name: "AmazonMacie"},
	"member.org.stacksets.cloudformation.amazonaws.com": {name: "CloudFormationStackSetsOrgMember"},
	"ram.amazonaws.com":                                 {name: "ResourceAccessManager"},
	"rds.amazonaws.com":                                 {name: "RDS"},
	"securityhub.amazonaws.com":                         {name: "SecurityHub"},
	"ssm.amazonaws.com":                                 {name: "AmazonSSM"},
	"sso.amazonaws.com":                                 {name: "SSO"},
	"stacksets.cloudformation.amazonaws.com":            {name: "CloudFormationStackSetsOrgAdmin"},
	"storage-lens.s3.amazonaws.com":                     {name: "S3StorageLens"},
	"support.amazonaws.com":                             {name: "Support"},
	"trustedadvisor.amazonaws.com":                      {name: "TrustedAdvisor"},
}

var hostName = regexp.MustCompile(`^[a-z0-9.-]+$`)

// linkedServiceOf returns what is known of a service, or derives the name of
// its role: foo-bar.amazonaws.com has AWSServiceRoleForFooBar.
func linkedServiceOf(service string) (linkedService, error) {
	if known, ok := linkedServices[service]; ok {
		return known, nil
	}
	host, ok := strings.CutSuffix(service, ".amazonaws.com")
	words := strings.FieldsFunc(host, func(r rune) bool { return r == '-' || r == '.' })
	if !ok || len(words) == 0 || !hostName.MatchString(host) {
		return linkedService{}, invalidInput("Service role creation is not supported for %s.", service)
	}
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return linkedService{name: strings.Join(words, ""), suffixed: true}, nil
}

// linkedRole makes the role of a service, which is not stored yet.
func linkedRole(account, service, suffix, description string, now time.Time) (*Role, error) {
	known, err := linkedServiceOf(service)
	if err != nil {
		return nil, err
	}
	name := linkedPrefix + known.name
	if suffix != "" {
		if !known.suffixed {
			return nil, invalidInput("Custom suffix is not allowed for %s", service)
		}
		name += "_" + suffix
	}
	e, err := roleClass.entity(account, name, new(linkedPath+service+"/"), now)
	if err != nil {
		return nil, err
	}
	r := &Role{Entity: e, Description: description, MaxSession: defaultSession, Service: service}
	r.Trust, err = policy.NewSource(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}`, service))
	if known.policy != "" {
		r.Attached = []string{policyClass.arn(awsAccount, linkedPath, known.policy)}
	}
	return r, err
}

// CreateServiceLinkedRole makes the role of a service, with the policies that
// AWS gives it.
func (s *Service) CreateServiceLinkedRole(c *call.Call, in *api.CreateServiceLinkedRoleInput) (*api.CreateServiceLinkedRoleOutput, error) {
	r, err := linkedRole(c.Account(), aws.Val(in.AWSServiceName), aws.Val(in.CustomSuffix), aws.Val(in.Description), c.Time)
	if err != nil {
		return nil, err
	}
	if _, taken := roles.Get(c.State, r.key()); taken {
		return nil, invalidInput("Service role name %s has been taken in this account, please try a different suffix.", r.Name)
	}
	if err := addRole(c.Tx, r); err != nil {
		return nil, err
	}
	return &api.CreateServiceLinkedRoleOutput{Role: r.view()}, nil
}

// EnsureServiceLinkedRole makes the role of a service unless the account has
// it.
func (s *Service) EnsureServiceLinkedRole(tx *store.Tx, now time.Time, account, service string) (created bool, err error) {
	r, err := linkedRole(account, service, "", "", now)
	if err != nil {
		return false, err
	}
	if _, ok := roles.Get(tx, r.key()); ok {
		return false, nil
	}
	return true, addRole(tx, r)
}

// HasServiceLinkedRole reports whether an account has the role of a service.
func (s *Service) HasServiceLinkedRole(r store.Reader, account, service string) bool {
	_, ok := s.serviceLinkedRole(r, account, service)
	return ok
}

// RemoveServiceLinkedRole deletes the role of a service, in use or not, if the
// account has it.
func (s *Service) RemoveServiceLinkedRole(tx *store.Tx, account, service string) {
	if r, ok := s.serviceLinkedRole(tx, account, service); ok {
		removeRole(tx, r)
	}
}

func (s *Service) serviceLinkedRole(r store.Reader, account, service string) (*Role, bool) {
	known, err := linkedServiceOf(service)
	if err != nil {
		return nil, false
	}
	role, ok := roles.Get(r, recordKey(account, linkedPrefix+known.name))
	return role, ok && role.Service == service
}

// DeletionTask is the outcome of a DeleteServiceLinkedRole. Deletion is
// asynchronous to the caller, who asks for its status; here it is decided and
// done in the transaction of the call that asks for it. The key is the
// account and the task's id.
type DeletionTask struct {
	Created time.Time
	InUse   []RoleUsage // why it failed; it succeeded when empty
}

var deletionTasks = store.NewKind[DeletionTask]("iam.deletiontask")

// taskKept is how long the status of a deletion can be asked for.
const taskKept = 7 * 24 * time.Hour

// DeleteServiceLinkedRole deletes the role of a service, unless something
// still needs it: the task it answers with says which.
func (s *Service) DeleteServiceLinkedRole(c *call.Call, in *api.DeleteServiceLinkedRoleInput) (*api.DeleteServiceLinkedRoleOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.Service == "" {
		return nil, noSuchEntity("The service-linked role with name %s cannot be found.", r.Name)
	}
	for key, old := range deletionTasks.Scan(c.State, c.Account()+"/") {
		if c.Time.Sub(old.Created) > taskKept {
			deletionTasks.Delete(c.Tx, key)
		}
	}
	task := &DeletionTask{Created: c.Time}
	if s.InUse != nil {
		task.InUse = s.InUse(c.State, c.Account(), r.Service)
	}
	if len(task.InUse) == 0 {
		removeRole(c.Tx, r)
	}
	id := taskID(r)
	deletionTasks.Put(c.Tx, c.Account()+"/"+id, task)
	return &api.DeleteServiceLinkedRoleOutput{DeletionTaskId: &id}, nil
}

// taskID returns a new id, which says which role it is about:
// task/aws-service-role/<service>/<name>/<uuid>.
func taskID(r *Role) string { return "task" + r.Path + r.Name + "/" + aws.UUID() }

// roleOfTask returns the path and name of the role that a task is about.
func roleOfTask(id string) (role string, ok bool) {
	id, ok = strings.CutPrefix(id, "task/")
	last := strings.LastIndexByte(id, '/')
	if !ok || last < 0 {
		return "", false
	}
	return id[:last], true
}

// GetServiceLinkedRoleDeletionStatus answers how a deletion ended.
func (s *Service) GetServiceLinkedRoleDeletionStatus(c *call.Call, in *api.GetServiceLinkedRoleDeletionStatusInput) (*api.GetServiceLinkedRoleDeletionStatusOutput, error) {
	task, ok := deletionTasks.Get(c.State, c.Account()+"/"+aws.Val(in.DeletionTaskId))
	if !ok {
		return nil, noSuchEntity("The deletion task with id %s cannot be found.", aws.Val(in.DeletionTaskId))
	}
	if len(task.InUse) == 0 {
		return &api.GetServiceLinkedRoleDeletionStatusOutput{Status: new(api.DeletionTaskStatusTypeSucceeded)}, nil
	}
	return &api.GetServiceLinkedRoleDeletionStatusOutput{
		Status: new(api.DeletionTaskStatusTypeFailed),
		Reason: &api.DeletionTaskFailureReasonType{
			Reason: new("A service-linked role cannot be deleted while resources of its service use it."),
			RoleUsageList: pages.Views(task.InUse, func(u RoleUsage) api.RoleUsageType {
				return api.RoleUsageType{Region: &u.Region, Resources: u.Resources}
			}),
		},
	}, nil
}
