package wire

import (
	"net/http"
	"net/url"
	"slices"
)

// router finds the operation of a REST request. Operations that share a
// method and a kind of path are told apart by the sub-resource, then by the
// query parameters and headers that they need.
type router struct {
	routes map[routeKey][]*Operation
}

type routeKey struct {
	method string
	path   Path
}

func newRouter(s *Service) *router {
	r := &router{routes: map[routeKey][]*Operation{}}
	for _, op := range slices.Concat(s.Operations, s.Unserved) {
		if op.Method != "" {
			k := routeKey{op.Method, op.Path}
			r.routes[k] = append(r.routes[k], op)
		}
	}
	return r
}

// find returns the operation that fits best, or nil. Naming a sub-resource
// outweighs everything; then the fewest missing parameters, then the most
// present ones; an operation served comes before one that is not, because it
// is listed first.
func (r *router) find(method string, path Path, query url.Values, header http.Header) *Operation {
	var best *Operation
	var bestRank [3]int
	for _, op := range r.routes[routeKey{method, path}] {
		if !op.named(query) {
			continue
		}
		present, missing := 0, 0
		count := func(has bool) {
			if has {
				present++
			} else {
				missing++
			}
		}
		for _, q := range op.RequiredQuery {
			count(query.Has(q))
		}
		for _, h := range op.RequiredHeaders {
			count(header.Get(h) != "")
		}
		rank := [3]int{len(op.Literals), -missing, present}
		if best == nil || slices.Compare(rank[:], bestRank[:]) > 0 {
			best, bestRank = op, rank
		}
	}
	return best
}

// named reports whether the query names the sub-resource of op.
func (op *Operation) named(query url.Values) bool {
	for _, l := range op.Literals {
		if !query.Has(l.Name) || l.Value != "" && query.Get(l.Name) != l.Value {
			return false
		}
	}
	return true
}
