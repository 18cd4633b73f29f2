package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	orgs "github.com/orgtrail/orgtrail/internal/organizations"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

const (
	jsonType       = "application/x-amz-json-1.1"
	formType       = "application/x-www-form-urlencoded"
	describeTrails = "CloudTrail_20131101.DescribeTrails"
)

// BenchmarkDescribeTrails is an authenticated, authorized and journaled call
// over HTTP, beside a bare handler that reads the body and verifies the
// signature: x_bare is the ratio of their speeds in this run.
func BenchmarkDescribeTrails(b *testing.B) {
	s, p := startServer(b, nil)
	request := signed(b, p, "us-east-2", "cloudtrail", jsonType, describeTrails, "{}")
	bare := bareServer(b, p)
	bareRequest := signed(b, Profile{Endpoint: "http://" + bare, AccessKeyID: p.AccessKeyID, SecretAccessKey: p.SecretAccessKey},
		"us-east-2", "cloudtrail", jsonType, describeTrails, "{}")
	load(b, bare, 2000, func(int) []byte { return bareRequest })
	load(b, s.listener.Addr().String(), 2000, func(int) []byte { return request })

	began := time.Now()
	load(b, bare, b.N, func(int) []byte { return bareRequest })
	bareTook := time.Since(began)
	b.ResetTimer()
	load(b, s.listener.Addr().String(), b.N, func(int) []byte { return request })
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(b.N)/bareTook.Seconds(), "bare/s")
	b.ReportMetric(bareTook.Seconds()/b.Elapsed().Seconds(), "x_bare")
}

// bareServer verifies signatures and does nothing else.
func bareServer(b *testing.B, p Profile) string {
	var v sigv4.Verifier
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sig, err := sigv4.Parse(r)
		if err == nil {
			err = v.Verify(sig, r, body, time.Now(), p.SecretAccessKey)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		w.Write(body)
	})}
	go srv.Serve(l)
	b.Cleanup(func() { srv.Close() })
	return l.Addr().String()
}

// BenchmarkCreateUser is a mutating call: one durable transaction each, with
// its record in it. IAM holds 5000 users an account, so that each is deleted
// again; both calls count.
func BenchmarkCreateUser(b *testing.B) {
	s, p := startServer(b, nil)
	request := func(i int) []byte {
		form := url.Values{"Version": {"2010-05-08"}, "Action": {"CreateUser"}, "UserName": {fmt.Sprintf("user-%d", i)}}
		return signed(b, p, "us-east-1", "iam", formType, "", form.Encode())
	}
	const batch = 4000
	for done := 0; done < b.N; {
		b.StopTimer()
		n := min(batch, b.N-done)
		requests := make([][]byte, n+1)
		for i := 1; i <= n; i++ {
			requests[i] = request(done + i)
		}
		b.StartTimer()
		load(b, s.listener.Addr().String(), n, func(i int) []byte { return requests[i] })
		b.StopTimer()
		for i := 1; i <= n; i++ {
			form := url.Values{"Version": {"2010-05-08"}, "Action": {"DeleteUser"}, "UserName": {fmt.Sprintf("user-%d", done+i)}}
			requests[i] = signed(b, p, "us-east-1", "iam", formType, "", form.Encode())
		}
		load(b, s.listener.Addr().String(), n, func(i int) []byte { return requests[i] })
		done += n
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// BenchmarkOrganization is a call of a member account whose organization has
// an organization trail, with ten accounts and with ten thousand: x_ten is
// the ratio of the costs of a call.
func BenchmarkOrganization(b *testing.B) {
	cost := make(map[int]time.Duration)
	for _, accounts := range []int{10, 10_000} {
		b.Run(fmt.Sprint(accounts), func(b *testing.B) {
			s, p := startServer(b, func(c *Config) { c.Dev = true })
			request := memberCall(b, s, p, accounts)
			address := s.listener.Addr().String()
			load(b, address, 2000, func(int) []byte { return request })
			b.ResetTimer()
			load(b, address, b.N, func(int) []byte { return request })
			b.StopTimer()
			cost[accounts] = b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			if accounts > 10 {
				b.ReportMetric(float64(cost[accounts])/float64(cost[10]), "x_ten")
			}
		})
	}
}

// memberCall builds an organization of that many accounts with a trail that
// logs, and returns a call of its newest member.
func memberCall(b *testing.B, s *Server, p Profile, accounts int) []byte {
	address := s.listener.Addr().String()
	s.organizations.Limits.Creations = accounts
	organizations := func(operation, body string) []byte {
		return signed(b, p, "us-east-1", "organizations", jsonType, "AWSOrganizationsV20161128."+operation, body)
	}
	one := func(request []byte) { load(b, address, 1, func(int) []byte { return request }) }
	one(organizations("CreateOrganization", "{}"))
	one(organizations("EnableAWSServiceAccess", `{"ServicePrincipal":"cloudtrail.amazonaws.com"}`))
	load(b, address, accounts, func(i int) []byte {
		return organizations("CreateAccount", fmt.Sprintf(`{"AccountName":"account %d","Email":"a%d@example.com"}`, i, i))
	})
	if err := s.organizations.Advance(b.Context()); err != nil {
		b.Fatal(err)
	}
	r, _ := http.NewRequest(http.MethodPut, p.Endpoint+"/logs", nil)
	one(signedRequest(b, p, r, "us-east-1", "s3", nil))
	policy := []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::logs"},{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"}]}`)
	r, _ = http.NewRequest(http.MethodPut, p.Endpoint+"/logs?policy", bytes.NewReader(policy))
	loadStatus(b, address, signedRequest(b, p, r, "us-east-1", "s3", policy), "20")
	trails := func(operation, body string) {
		one(signed(b, p, "us-east-1", "cloudtrail", jsonType, "CloudTrail_20131101."+operation, body))
	}
	trails("CreateTrail", `{"Name":"all","S3BucketName":"logs","IsOrganizationTrail":true,"IsMultiRegionTrail":true}`)
	trails("StartLogging", `{"Name":"all"}`)
	member := ""
	for account := range orgs.AccountsOf(s.store.View(), organizationID(b, s)) {
		member = account
	}
	p.AccessKeyID = member // a root of --dev
	return signed(b, p, "us-east-2", "cloudtrail", jsonType, describeTrails, "{}")
}

func organizationID(b *testing.B, s *Server) string {
	o, ok := orgs.OrganizationOf(s.store.View(), devAccount)
	if !ok {
		b.Fatal("no organization")
	}
	return o.ID
}

// BenchmarkStart is the time from nothing to the first answer.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		c := Config{Listen: "127.0.0.1:0", Data: b.TempDir(), Region: "us-east-1", DeliveryInterval: time.Hour, DigestInterval: time.Hour}
		s, err := Start(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := http.Get(s.URL() + "/_orgtrail/health")
		if err != nil || !strings.HasPrefix(resp.Status, "200") {
			b.Fatal(resp, err)
		}
		resp.Body.Close()
		b.StopTimer()
		if err := s.Stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkEnforcement is a call of a user with many policies, beside the same
// call when whatever it asks for is allowed without a look at them:
// enforcement% is what the looking costs, of the whole call. The two take
// turns, and the medians count, so that what else the machine does weighs on
// both.
func BenchmarkEnforcement(b *testing.B) {
	s, p := startServer(b, nil)
	for _, form := range []url.Values{
		{"Action": {"AttachUserPolicy"}, "PolicyArn": {"arn:aws:iam::aws:policy/ReadOnlyAccess"}},
		{"Action": {"AttachUserPolicy"}, "PolicyArn": {"arn:aws:iam::aws:policy/SecurityAudit"}},
		{"Action": {"AttachUserPolicy"}, "PolicyArn": {"arn:aws:iam::aws:policy/AWSCloudTrail_FullAccess"}},
		{"Action": {"PutUserPolicy"}, "PolicyName": {"here"}, "PolicyDocument": {`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"127.0.0.0/8"}}}]}`}},
	} {
		form.Set("Version", "2010-05-08")
		form.Set("UserName", "admin")
		load(b, s.listener.Addr().String(), 1, func(int) []byte { return signed(b, p, "us-east-1", "iam", formType, "", form.Encode()) })
	}
	request := signed(b, p, "us-east-2", "cloudtrail", jsonType, describeTrails, "{}")
	service := s.gateway.Services[0]
	enforced := service.Access
	allowed := func(c *call.Call, in any) ([]call.Target, error) {
		_, err := enforced(c, in)
		return nil, err
	}
	var took [2][]time.Duration // of a call, in each turn
	turn := func(n int) {
		for i, access := range []func(*call.Call, any) ([]call.Target, error){enforced, allowed} {
			service.Access = access
			began := time.Now()
			load(b, s.listener.Addr().String(), n, func(int) []byte { return request })
			took[i] = append(took[i], time.Since(began)/time.Duration(n))
		}
	}
	const most = 500
	turn(most)
	took = [2][]time.Duration{}
	b.ResetTimer()
	for left := b.N; left > 0; left -= most {
		turn(min(left, most))
	}
	median := func(list []time.Duration) float64 {
		slices.Sort(list)
		return list[len(list)/2].Seconds()
	}
	with, without := median(took[0]), median(took[1])
	b.ReportMetric(1/with, "calls/s")
	b.ReportMetric(100*(with-without)/with, "enforcement%")
}
