package web

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// newMetrics adds the measures of requests to registry; without one it makes
// its own, with those of the process.
func newMetrics(registry *prometheus.Registry) (metrics, error) {
	own := []prometheus.Collector{}
	if registry == nil {
		registry = prometheus.NewRegistry()
		own = append(own, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	m := metrics{
		registry: registry,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kaishu_requests_total", Help: "Requests answered."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "kaishu_request_seconds", Help: "Time to answer.",
			Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10, 60}}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "kaishu_requests_in_flight", Help: "Requests under way."}),
	}
	for _, c := range append(own, m.requests, m.seconds, m.inFlight) {
		if err := registry.Register(c); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (m metrics) took(route string, status int, seconds float64) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(seconds)
}
