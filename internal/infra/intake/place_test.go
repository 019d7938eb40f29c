package intake

import (
	"reflect"
	"testing"

	"kaishu/internal/base/selection"
)

func TestGeometry(t *testing.T) {
	for _, c := range []struct {
		text string
		want *selection.Geometry
	}{
		{"经度,纬度\n121.4,31.2\n,\n", &selection.Geometry{Longitude: "经度", Latitude: "纬度"}},
		{"name,lat,lon\nx,31.2,121.4\n", &selection.Geometry{Longitude: "lon", Latitude: "lat"}},
		{"WGS84_LON,WGS84_LAT\n121.4,31.2\n", &selection.Geometry{Longitude: "WGS84_LON", Latitude: "WGS84_LAT"}},
		{"lon,lat\n121.4,91.2\n", nil},
		{"lon,lat\n31.2,121.4\n", nil},
		{"lon,lat\n,31.2\n", nil},
		{"lon,lng,lat\n121.4,121.4,31.2\n", nil},
		{"gcj02_lon,gcj02_lat\n121.4,31.2\n", nil},
		{"lon,lat\n121.4°,31.2°\n", nil},
	} {
		result, _, err := readText(t, c.text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(result.Geometry, c.want) {
			t.Errorf("%q: %v", c.text, result.Geometry)
		}
	}
}
