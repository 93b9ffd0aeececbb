module tools

go 1.26.0

require (
	github.com/google/go-containerregistry v0.22.1
	github.com/opencontainers/distribution-spec/conformance v0.0.0-20260730175803-fee21197eb94
	github.com/regclient/regclient v0.11.7
	oras.land/oras v1.3.0
)
