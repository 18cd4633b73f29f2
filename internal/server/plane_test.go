package server

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestObjectStoreHangs: while an external object store keeps a call waiting,
// others change what they want; whatever the store then says, the call leaves
// one record. Who may not make a bucket makes none there.
func TestObjectStoreHangs(t *testing.T) {
	reached, answers := make(chan string), make(chan int)
	objects := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, "<Error><Code>NoSuchBucket</Code></Error>")
			return
		}
		reached <- r.Method + " " + r.URL.Path
		w.WriteHeader(<-answers)
	}))
	t.Cleanup(objects.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	s, p := startServer(t, func(c *Config) { c.Objects = objects.URL })
	c := newClient(t, p)

	c.must(c.form("iam", url.Values{"Action": {"CreateUser"}, "Version": {"2010-05-08"}, "UserName": {"nobody"}}))
	key := c.must(c.form("iam", url.Values{"Action": {"CreateAccessKey"}, "Version": {"2010-05-08"}, "UserName": {"nobody"}}))
	var made struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	if err := xml.Unmarshal(key.body, &made); err != nil {
		t.Fatal(err)
	}
	q := p
	q.AccessKeyID, q.SecretAccessKey = made.ID, made.Secret
	if a := newClient(t, q).s3(http.MethodPut, "/bucket", ""); a.code() != "AccessDenied" { // nor does it hang
		t.Errorf("%s: %s", a.Status, a.body)
	}

	for i, test := range []struct {
		store int
		want  int
	}{{http.StatusServiceUnavailable, http.StatusServiceUnavailable}, {http.StatusInternalServerError, http.StatusInternalServerError}, {http.StatusOK, http.StatusOK}} {
		answer := make(chan *reply)
		go func() { answer <- c.s3(http.MethodPut, "/bucket", "") }()
		if got := <-reached; got != "PUT /bucket" {
			t.Errorf("the store was asked for %s", got)
		}
		c.must(c.form("iam", url.Values{"Action": {"CreateUser"}, "Version": {"2010-05-08"}, "UserName": {"user" + string(rune('a'+i))}}))
		answers <- test.store
		if a := <-answer; a.StatusCode != test.want {
			t.Errorf("the store answers %d: %s: %s", test.store, a.Status, a.body)
		}
		list := records(t, s, "CreateBucket")
		if len(list) != i+2 { // and the refused one's
			t.Fatalf("%d records after %d calls", len(list), i+2)
		}
		if failed := strings.Contains(string(list[i+1].Record), `"errorCode"`); failed != (test.want != http.StatusOK) {
			t.Errorf("the record: %s", list[i+1].Record)
		}
	}
}
