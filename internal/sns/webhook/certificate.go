package webhook

import (
	"net/http"
	"strings"

	"github.com/orgtrail/orgtrail/internal/sns"
	"github.com/orgtrail/orgtrail/internal/store"
)

// CertificatePrefix is the path under which Certificates is to be mounted.
const CertificatePrefix = "/_orgtrail/sns/"

// Certificates serves the certificates that the URLs in messages point to, to
// anybody.
func Certificates(view func() *store.Snapshot) http.Handler {
	head, tail, _ := strings.Cut(sns.CertificatePath("\n"), "\n")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := strings.CutPrefix(r.URL.Path, head)
		if ok {
			id, ok = strings.CutSuffix(id, tail)
		}
		var pem []byte
		if ok {
			pem, ok = sns.Certificate(view(), id)
		}
		if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-pem-file")
		w.Header().Set("Cache-Control", "max-age=86400")
		w.Write(pem)
	})
}
