package organizations

import (
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// How this service's records differ from the wire: handshakes are shown,
// though the model calls nearly all of them sensitive, with names and e-mail
// addresses masked; and results of work done later have no wire form at all.

// masked stands for names and e-mail addresses.
const masked = "****"

// recordTime is how times are written inside requestParameters,
// responseElements and serviceEventDetails.
func recordTime(t time.Time) string { return t.UTC().Format("Jan 2, 2006 3:04:05 PM") }

type partyRecord struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func partyRecordOf(p api.HandshakeParty) partyRecord {
	r := partyRecord{Type: aws.Val(p.Type), ID: aws.Val(p.Id)}
	if r.Type == api.HandshakePartyTypeEmail {
		r.ID = masked
	}
	return r
}

// invitationRecord is the requestParameters of InviteAccountToOrganization.
func invitationRecord(in *api.InviteAccountToOrganizationInput) any {
	type tagRecord struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	r := struct {
		Target partyRecord `json:"target"`
		Notes  string      `json:"notes,omitempty"`
		Tags   []tagRecord `json:"tags,omitempty"`
	}{Target: partyRecordOf(*in.Target), Notes: aws.Val(in.Notes)}
	for _, t := range in.Tags {
		r.Tags = append(r.Tags, tagRecord{aws.Val(t.Key), aws.Val(t.Value)})
	}
	return r
}

type resourceRecord struct {
	Type      string           `json:"type"`
	Value     string           `json:"value"`
	Resources []resourceRecord `json:"resources,omitempty"`
}

func resourceRecordsOf(list []api.HandshakeResource) []resourceRecord {
	var all []resourceRecord
	for _, h := range list {
		r := resourceRecord{Type: aws.Val(h.Type), Value: aws.Val(h.Value), Resources: resourceRecordsOf(h.Resources)}
		switch r.Type {
		case api.HandshakeResourceTypeEmail, api.HandshakeResourceTypeMasterEmail, api.HandshakeResourceTypeMasterName:
			r.Value = masked
		}
		all = append(all, r)
	}
	return all
}

// recordOf is the responseElements of the calls that answer with a handshake.
func recordOf(h *api.Handshake) any {
	type handshakeRecord struct {
		ID                  string           `json:"id"`
		ARN                 string           `json:"arn"`
		Parties             []partyRecord    `json:"parties"`
		State               string           `json:"state"`
		RequestedTimestamp  string           `json:"requestedTimestamp"`
		ExpirationTimestamp string           `json:"expirationTimestamp"`
		Action              string           `json:"action"`
		Resources           []resourceRecord `json:"resources"`
	}
	r := handshakeRecord{
		ID: *h.Id, ARN: *h.Arn, State: *h.State, Action: strings.ToLower(*h.Action),
		RequestedTimestamp: recordTime(*h.RequestedTimestamp), ExpirationTimestamp: recordTime(*h.ExpirationTimestamp),
		Resources: resourceRecordsOf(h.Resources),
	}
	for _, p := range h.Parties {
		r.Parties = append(r.Parties, partyRecordOf(p))
	}
	return map[string]any{"handshake": r}
}

// creationRecord is the createAccountStatus of CreateAccountResult.
func creationRecord(cr *Creation) any {
	return map[string]any{"createAccountStatus": struct {
		ID                 string `json:"id"`
		State              string `json:"state"`
		AccountName        string `json:"accountName"`
		AccountID          string `json:"accountId,omitempty"`
		FailureReason      string `json:"failureReason,omitempty"`
		RequestedTimestamp string `json:"requestedTimestamp"`
		CompletedTimestamp string `json:"completedTimestamp"`
	}{cr.ID, cr.State, masked, cr.Account, cr.FailureReason, recordTime(cr.Requested), recordTime(cr.Completed)}}
}

// closureRecord is the closeAccountStatus of CloseAccountResult.
func closureRecord(m *Member) any {
	return map[string]any{"closeAccountStatus": struct {
		AccountID          string `json:"accountId"`
		State              string `json:"state"`
		RequestedTimestamp string `json:"requestedTimestamp"`
		CompletedTimestamp string `json:"completedTimestamp"`
	}{m.Account, "SUCCEEDED", recordTime(m.CloseRequested), recordTime(m.Closed)}}
}
