package iam

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// CredentialReport is an account's users and the state of their credentials,
// as they were when it was asked for. Its key is the account.
type CredentialReport struct {
	Generated time.Time
	Content   []byte // CSV
}

var credentialReports = store.NewKind[CredentialReport]("iam.credentialreport")

// reportKept is how long a report is good for.
const reportKept = 4 * time.Hour

// GenerateCredentialReport writes a report unless there is one that is still
// good. It is complete when the call is.
func (s *Service) GenerateCredentialReport(c *call.Call, _ *api.GenerateCredentialReportInput) (*api.GenerateCredentialReportOutput, error) {
	old, ok := credentialReports.Get(c.State, c.Account())
	if ok && c.Time.Sub(old.Generated) < reportKept {
		return &api.GenerateCredentialReportOutput{State: new(api.ReportStateTypeComplete)}, nil
	}
	credentialReports.Put(c.Tx, c.Account(), &CredentialReport{c.Time.UTC().Truncate(time.Second), s.report(c)})
	return &api.GenerateCredentialReportOutput{
		State: new(api.ReportStateTypeStarted), Description: new("No report exists. Starting a new report generation task"),
	}, nil
}

// GetCredentialReport answers with the report that was asked for last.
func (s *Service) GetCredentialReport(c *call.Call, _ *api.GetCredentialReportInput) (*api.GetCredentialReportOutput, error) {
	r, ok := credentialReports.Get(c.State, c.Account())
	switch {
	case !ok:
		return nil, aws.Errorf("ReportNotPresent", "No report is present. Generate one with GenerateCredentialReport.")
	case c.Time.Sub(r.Generated) >= reportKept:
		return nil, aws.Errorf("ReportExpired", "The report has expired. Generate another one with GenerateCredentialReport.")
	}
	return &api.GetCredentialReportOutput{Content: r.Content, ReportFormat: new(api.ReportFormatTypeTextCsv), GeneratedTime: &r.Generated}, nil
}

var reportColumns = []string{
	"user", "arn", "user_creation_time",
	"password_enabled", "password_last_used", "password_last_changed", "password_next_rotation", "mfa_active",
	"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
	"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region", "access_key_2_last_used_service",
	"cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
}

const (
	notApplicable = "N/A"
	notSupported  = "not_supported"
)

// report writes the table: the root first, then the users in the order of
// their names.
func (s *Service) report(c *call.Call) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b) // a Buffer takes everything
	w.Write(reportColumns)
	created := time.Time{}
	if a, ok := accounts.Get(c.State, c.Account()); ok {
		created = a.Created
	}
	root := []string{"<root_account>", aws.RootARN(c.Account()), reportTime(created), notSupported, notSupported, notSupported, notSupported}
	w.Write(s.reportCredentials(c, root, rootKey(c.Account())))
	for key, u := range users.Scan(c.State, c.Account()+"/") {
		row := []string{u.Name, u.ARN, reportTime(u.Created)}
		row = append(row, reportPassword(c, key)...)
		w.Write(s.reportCredentials(c, row, key))
	}
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// reportPassword is the four columns about a user's password. There is no
// console to use it on.
func reportPassword(c *call.Call, user string) []string {
	p, ok := loginProfiles.Get(c.State, user)
	if !ok {
		return []string{"false", notApplicable, notApplicable, notApplicable}
	}
	next := notApplicable
	if age := passwordRules(c.State, c.Account()).MaxAge; age > 0 {
		next = reportTime(p.Changed.AddDate(0, 0, int(age)))
	}
	return []string{"true", "no_information", reportTime(p.Changed), next}
}

// reportCredentials adds the columns about the second factor, the access keys
// and the certificates of a user or a root.
func (s *Service) reportCredentials(c *call.Call, row []string, holder string) []string {
	row = append(row, strconv.FormatBool(pages.Count(mfaDevices.By(c.State, byUser, holder)) > 0))
	n := 0
	for id, k := range accessKeys.By(c.State, byUser, holder) {
		if n++; n > keysPerUser {
			break
		}
		row = append(row, strconv.FormatBool(!k.Inactive), reportTime(k.Created))
		if u, ok := s.lastUse(c.State, id); ok {
			row = append(row, reportTime(u.Time), u.Region, u.Service)
		} else {
			row = append(row, notApplicable, notApplicable, notApplicable)
		}
	}
	for ; n < keysPerUser; n++ {
		row = append(row, "false", notApplicable, notApplicable, notApplicable, notApplicable)
	}
	n = 0
	for _, k := range signingCertificates.By(c.State, byUser, holder) {
		if n++; n > certificatesPerUser {
			break
		}
		row = append(row, strconv.FormatBool(!k.Inactive), reportTime(k.Uploaded))
	}
	for ; n < certificatesPerUser; n++ {
		row = append(row, "false", notApplicable)
	}
	return row
}

func reportTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }
