package server

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/orgtrail/orgtrail/internal/chain"
	"github.com/orgtrail/orgtrail/internal/delivery"
	"github.com/orgtrail/orgtrail/internal/events"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// metrics are what GET /_orgtrail/metrics tells. Calls are counted as they
// are answered; what the store and delivery count is read when it is asked.
type metrics struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	took     *prometheus.HistogramVec
	server   *Server
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orgtrail_calls_total", Help: "Calls answered, by service, operation and error code.",
		}, []string{"service", "operation", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orgtrail_call_seconds", Help: "Time from the arrival of a call to the end of its answer.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9),
		}, []string{"service"}),
		server: s,
	}
	m.registry.MustRegister(m.calls, m.took, m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) observe(op *wire.Operation, code string, took time.Duration) {
	m.calls.WithLabelValues(op.Service.ID, op.Name, code).Inc()
	m.took.WithLabelValues(op.Service.ID).Observe(took.Seconds())
}

// reading is one value that is read when it is asked for.
type reading struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(snapshot) float64
}

// snapshot is what the readings of one request are taken from, so that they
// belong together.
type snapshot struct {
	store    store.Metrics
	delivery delivery.Metrics
	digests  chain.Metrics
	events   events.Metrics
}

func counter(name, help string, of func(snapshot) float64) reading {
	return reading{prometheus.NewDesc("orgtrail_"+name, help, nil, nil), prometheus.CounterValue, of}
}

func gauge(name, help string, of func(snapshot) float64) reading {
	return reading{prometheus.NewDesc("orgtrail_"+name, help, nil, nil), prometheus.GaugeValue, of}
}

var readings = []reading{
	counter("store_commits_total", "Transactions committed.", func(s snapshot) float64 { return float64(s.store.Commits) }),
	counter("store_requests_total", "Callers whose change or record became durable.", func(s snapshot) float64 { return float64(s.store.Requests) }),
	counter("store_wait_seconds_total", "Time callers waited for durability.", func(s snapshot) float64 { return s.store.Wait.Seconds() }),
	counter("store_retries_total", "Transactions run again after the connection was lost.", func(s snapshot) float64 { return float64(s.store.Retries) }),
	counter("store_unknown_total", "Commits whose answer was lost.", func(s snapshot) float64 { return float64(s.store.Unknown) }),
	gauge("store_queued", "Callers that wait for durability.", func(s snapshot) float64 { return float64(s.store.Queued) }),
	gauge("store_revision", "Revision of the control plane.", func(s snapshot) float64 { return float64(s.store.Revision) }),
	counter("journal_entries_total", "Records journaled.", func(s snapshot) float64 { return float64(s.store.Entries) }),
	counter("journal_entry_bytes_total", "Their size as they came.", func(s snapshot) float64 { return float64(s.store.EntryBytes) }),
	counter("journal_chunk_bytes_total", "Their size as they are stored.", func(s snapshot) float64 { return float64(s.store.ChunkBytes) }),
	gauge("delivery_lag_seconds", "Age of the oldest record that is not yet on its way to a bucket.", func(s snapshot) float64 { return s.delivery.Lag.Seconds() }),
	counter("delivery_files_total", "Log files taken by their buckets.", func(s snapshot) float64 { return float64(s.delivery.Files) }),
	counter("delivery_records_total", "Records in those files.", func(s snapshot) float64 { return float64(s.delivery.Records) }),
	counter("delivery_bytes_total", "Uncompressed size of those files.", func(s snapshot) float64 { return float64(s.delivery.Bytes) }),
	counter("delivery_failures_total", "Puts that a bucket refused or did not answer.", func(s snapshot) float64 { return float64(s.delivery.Failures) }),
	counter("delivery_given_up_total", "Files dropped after thirty days of refusals.", func(s snapshot) float64 { return float64(s.delivery.GivenUp) }),
	counter("delivery_unrouted_total", "Records of trails that nobody knew.", func(s snapshot) float64 { return float64(s.delivery.Unrouted) }),
	counter("delivery_cuts_total", "Cuts carried out.", func(s snapshot) float64 { return float64(s.delivery.Cuts) }),
	counter("delivery_cut_seconds_total", "Time spent on them.", func(s snapshot) float64 { return s.delivery.CutTime.Seconds() }),
	gauge("delivery_spool_files", "Files that wait for their bucket.", func(s snapshot) float64 { return float64(s.delivery.SpoolFiles) }),
	gauge("delivery_spool_bytes", "Their compressed size.", func(s snapshot) float64 { return float64(s.delivery.SpoolBytes) }),
	counter("digests_total", "Digests taken by their buckets.", func(s snapshot) float64 { return float64(s.digests.Digests) }),
	counter("digest_failures_total", "Digests that a bucket refused or did not answer.", func(s snapshot) float64 { return float64(s.digests.Failures) }),
	gauge("digest_chains_waiting", "Chains of digests whose bucket has refused.", func(s snapshot) float64 { return float64(s.digests.Waiting) }),
	counter("events_matched_total", "Events that rules matched.", func(s snapshot) float64 { return float64(s.events.Matched) }),
	counter("events_invocations_total", "Targets called for them.", func(s snapshot) float64 { return float64(s.events.Invocations) }),
	counter("events_failed_total", "Calls that targets refused.", func(s snapshot) float64 { return float64(s.events.Failed) }),
	counter("events_dead_lettered_total", "Refused events that a dead-letter queue has.", func(s snapshot) float64 { return float64(s.events.DeadLettered) }),
	counter("events_dropped_total", "Refused events that nobody has.", func(s snapshot) float64 { return float64(s.events.Dropped) }),
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, r := range readings {
		ch <- r.desc
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	s := snapshot{m.server.store.Metrics(), m.server.delivery.Metrics(m.server.clock.now()), m.server.signer.Metrics(), m.server.events.Metrics()}
	for _, r := range readings {
		ch <- prometheus.MustNewConstMetric(r.desc, r.kind, r.of(s))
	}
}

// health answers 200 when calls can be served, and 503 with the reason when
// they cannot.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	state := struct {
		Status     string  `json:"status"`
		Reason     string  `json:"reason,omitempty"`
		Version    string  `json:"version"`
		Engine     string  `json:"engine"`
		Uptime     float64 `json:"uptimeSeconds"`
		JournalLag float64 `json:"journalLagSeconds"`
	}{
		Status: "ok", Version: s.Version, Engine: s.Engine(), Uptime: time.Since(s.started).Seconds(),
		JournalLag: s.delivery.Metrics(s.clock.now()).Lag.Seconds(),
	}
	status := http.StatusOK
	if err := s.store.Healthy(); err != nil {
		status, state.Status, state.Reason = http.StatusServiceUnavailable, "unavailable", err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(state)
}
