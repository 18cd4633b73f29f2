package organizations

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// Creation is a request to create an account, and what became of it.
type Creation struct {
	Place         string // key of the record
	ID            string // car-…
	Organization  string
	Email, Name   string
	RoleName      string
	Tags          tag.Set `json:",omitempty"`
	State         string
	FailureReason string `json:",omitempty"`
	Account       string `json:",omitempty"` // once it has succeeded
	Requested     time.Time
	Completed     time.Time `json:",omitzero"`
}

var creations = store.NewKind("organizations.creation",
	store.Index[Creation]{Name: "id", Keys: func(_ string, cr *Creation) []string { return []string{cr.ID} }},
	store.Index[Creation]{Name: "open", Keys: func(_ string, cr *Creation) []string {
		if cr.State != api.CreateAccountStateInProgress {
			return nil
		}
		return []string{"", cr.Organization} // of all organizations, and of its own
	}},
)

// defaultRole is the role that the management account gets in a created
// account.
const defaultRole = "OrganizationAccountAccessRole"

// CreateAccount records the request and answers at once. Advance does the
// rest, and DescribeCreateAccountStatus tells how it went.
func (s *Service) CreateAccount(c *call.Call, in *api.CreateAccountInput) (*api.CreateAccountOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	newTags, err := tagRules.With(nil, tag.Of(in.Tags))
	if err != nil {
		return nil, err
	}
	role := defaultRole
	if in.RoleName != nil {
		role = *in.RoleName
	}
	switch {
	case strings.HasPrefix(role, "AWSServiceRoleFor"):
		return nil, invalid("INVALID_ROLE_NAME", "You provided a role name that isn't valid. A role name can't begin with the reserved prefix AWSServiceRoleFor.")
	case c.Time.Before(o.Created.Add(s.Limits.Finalizing)):
		return nil, errFinalizing
	case s.creating(c.State, o) >= s.Limits.creations():
		return nil, constraint("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED", "You have exceeded the number of accounts that you can create at the same time.")
	}
	cr := &Creation{
		Place:        nextPlace(c.Tx, o.ID),
		ID:           aws.LowerID("car-", 32),
		Organization: o.ID,
		Email:        aws.Val(in.Email),
		Name:         aws.Val(in.AccountName),
		RoleName:     role,
		Tags:         newTags,
		State:        api.CreateAccountStateInProgress,
		Requested:    c.Time,
	}
	creations.Put(c.Tx, cr.Place, cr)
	view, _ := cr.view()
	return &api.CreateAccountOutput{CreateAccountStatus: &view}, nil
}

// creating counts the requests of an organization that are in progress.
func (s *Service) creating(r store.Reader, o *Organization) int {
	n := 0
	for range creations.By(r, "open", o.ID) {
		n++
	}
	return n
}

// complete does what one CreateAccount asked for. The account with its roles,
// its membership and the record of the result become durable together; a
// crash before that leaves the request in progress, and the next Advance
// begins anew.
func (s *Service) complete(ctx context.Context, cr *Creation) error {
	err := s.unattended(ctx, cr.Organization, func(c *call.Call, o *Organization) error {
		return s.conclude(c, o, cr.ID, s.create)
	})
	var refused *aws.Error
	if !errors.As(err, &refused) {
		return err
	}
	// Somebody refuses for a reason of their own; asking again changes nothing.
	s.Log.Error("an account cannot be created", "request", cr.ID, "error", refused)
	return s.unattended(ctx, cr.Organization, func(c *call.Call, o *Organization) error {
		return s.conclude(c, o, cr.ID, func(_ *call.Call, _ *Organization, cr *Creation) error {
			cr.State, cr.FailureReason = api.CreateAccountStateFailed, api.CreateAccountFailureReasonInternalFailure
			return nil
		})
	})
}

// conclude stores the outcome of a request that is still in progress, and
// tells of it. Where replicas share the work, the second finds nothing to do.
func (s *Service) conclude(c *call.Call, o *Organization, id string, outcome func(*call.Call, *Organization, *Creation) error) error {
	cr, ok := first(c.State, creations, "id", id)
	if !ok || cr.State != api.CreateAccountStateInProgress {
		return nil
	}
	cr = new(*cr)
	if err := outcome(c, o, cr); err != nil {
		return err
	}
	cr.Completed = c.Time
	creations.Put(c.Tx, cr.Place, cr)
	emitResult(c, o, "CreateAccountResult", creationRecord(cr))
	return nil
}

// create makes the account, or says why not.
func (s *Service) create(c *call.Call, o *Organization, cr *Creation) error {
	cr.State = api.CreateAccountStateFailed
	if _, taken := s.Accounts.AccountByEmail(c.State, cr.Email); taken {
		cr.FailureReason = api.CreateAccountFailureReasonEmailAlreadyExists
		return nil
	}
	if s.isFull(c.State, o, c.Time) {
		cr.FailureReason = api.CreateAccountFailureReasonAccountLimitExceeded
		return nil
	}
	account, err := s.Accounts.NewAccount(c.Tx, c.Time, cr.Name, cr.Email)
	if err != nil {
		return err
	}
	err = s.Roles.EnsureRole(c.Tx, c.Time, account, cr.RoleName, trustOf(o.Management), "arn:"+aws.Partition+":iam::aws:policy/AdministratorAccess")
	if err != nil {
		return err
	}
	putTags(c.Tx, o, account, cr.Tags)
	if err := s.join(c, o, account, api.AccountJoinedMethodCreated); err != nil {
		return err
	}
	cr.State, cr.Account = api.CreateAccountStateSucceeded, account
	return nil
}

// trustOf is the trust policy of the role in a created account.
func trustOf(management string) string {
	text, err := json.Marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect":    "Allow",
			"Principal": map[string]string{"AWS": aws.RootARN(management)},
			"Action":    "sts:AssumeRole",
		}},
	})
	if err != nil {
		panic(err) // maps of strings can be encoded
	}
	return string(text)
}

// DescribeCreateAccountStatus tells how one request stands.
func (s *Service) DescribeCreateAccountStatus(c *call.Call, in *api.DescribeCreateAccountStatusInput) (*api.DescribeCreateAccountStatusOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	cr, ok := first(c.State, creations, "id", aws.Val(in.CreateAccountRequestId))
	if !ok || cr.Organization != o.ID {
		return nil, errCreationNotFound
	}
	view, _ := cr.view()
	return &api.DescribeCreateAccountStatusOutput{CreateAccountStatus: &view}, nil
}

// ListCreateAccountStatus lists the requests in the states that are asked
// for, or all.
func (s *Service) ListCreateAccountStatus(c *call.Call, in *api.ListCreateAccountStatusInput) (*api.ListCreateAccountStatusOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, func(after string) iter.Seq2[string, api.CreateAccountStatus] {
		return views(creations.ScanAfter(c.State, prefix(o.ID), after), func(cr *Creation) (v api.CreateAccountStatus, ok bool) {
			if len(in.States) > 0 && !slices.Contains(in.States, cr.State) {
				return v, false
			}
			return cr.view()
		})
	})
	return &api.ListCreateAccountStatusOutput{CreateAccountStatuses: list, NextToken: next}, err
}

func (cr *Creation) view() (api.CreateAccountStatus, bool) {
	v := api.CreateAccountStatus{
		Id:                 &cr.ID,
		AccountName:        &cr.Name,
		State:              &cr.State,
		RequestedTimestamp: &cr.Requested,
	}
	if !cr.Completed.IsZero() {
		v.CompletedTimestamp = &cr.Completed
	}
	if cr.Account != "" {
		v.AccountId = &cr.Account
	}
	if cr.FailureReason != "" {
		v.FailureReason = &cr.FailureReason
	}
	return v, true
}
