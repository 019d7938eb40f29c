package search_test

import (
	"testing"

	"kaishu/internal/infra/search"
	"kaishu/internal/infra/search/searchtest"
)

func TestIndexConforms(t *testing.T) {
	searchtest.Check(t, func() searchtest.Index { return search.New() })
}
