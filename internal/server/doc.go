// Package server joins everything: it opens the store and the data plane,
// gives each service what it needs of the others, puts them behind the
// gateway, and runs the stages of the pipeline. Its files are lists: the
// services (services.go), the adapters between them (adapters.go, digests.go),
// the stages (stages.go) and the listener (server.go).
package server
