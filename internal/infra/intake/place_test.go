package intake

import (
	"math"
	"strconv"
	"testing"

	"kaishu/internal/base/selection"
)

// A system is what the file says, else it is asked; without one there is no
// map.
func TestCoordinates(t *testing.T) {
	for _, c := range []struct{ text, lon, lat, system, geometry string }{
		{"经度,纬度\n121.4,31.2\n,\n", "经度", "纬度", "", ""},
		{"name,lat,lon\nx,31.2,121.4\n", "lon", "lat", "", ""},
		{"WGS84_LON,WGS84_LAT\n121.4,31.2\n", "WGS84_LON", "WGS84_LAT", WGS84, "WGS84_LON WGS84_LAT"},
		{"经度（CGCS2000）,纬度（CGCS2000）\n121.4,31.2\n", "经度（CGCS2000）", "纬度（CGCS2000）", CGCS2000, "经度（CGCS2000） 纬度（CGCS2000）"},
		{"wgs84_lon,wgs84_lat\n121.4,91.2\n", "wgs84_lon", "wgs84_lat", WGS84, ""},
		{"wgs84_lon,wgs84_lat\n31.2,121.4\n", "wgs84_lon", "wgs84_lat", WGS84, ""},
		{"wgs84_lon,wgs84_lat\n,31.2\n", "", "", "", ""},
		{"lon,lng,lat\n121.4,121.4,31.2\n", "", "", "", ""},
		{"wgs84_lon,gcj02_lat\n121.4,31.2\n", "", "", "", ""},
		{"gcj02_lon,gcj02_lat\n121.4,31.2\n", "gcj02_lon", "gcj02_lat", GCJ02, "gcj02_lon_WGS84 gcj02_lat_WGS84"},
		{"高德经度,高德纬度\n121.4,31.2\n", "高德经度", "高德纬度", GCJ02, "高德经度_WGS84 高德纬度_WGS84"},
		{"lon,lat\n东经,北纬\n", "", "", "", ""},
	} {
		result, _, err := readText(t, c.text, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, geometry := result.Recipe.Coordinates, ""
		if got == nil {
			got = &Coordinates{}
		}
		if g := result.Geometry; g != nil {
			geometry = g.Longitude + " " + g.Latitude
		}
		if *got != (Coordinates{c.lon, c.lat, c.system}) || geometry != c.geometry {
			t.Errorf("%q: %+v, map %q", c.text, *got, geometry)
		}
	}
}

// The original stays; what is converted stands beside it.
func TestConvertedCoordinates(t *testing.T) {
	for _, c := range []struct {
		system string
		x, y   float64 // what 121.4737, 31.2304 becomes
	}{{WGS84, 0, 0}, {CGCS2000, 0, 0}, {GCJ02, 121.4691, 31.2323}, {BD09, 121.4626, 31.2264}} {
		result, got, err := readText(t, "lon,lat\n121.4737,31.2304\n,31\n", &Recipe{Version: 1, Format: "csv", Encoding: "utf-8", Delimiter: ",", Head: &Head{Rows: 1},
			Coordinates: &Coordinates{Longitude: "lon", Latitude: "lat", System: c.system},
			Columns:     []RecipeColumn{{Source: "lon", Name: "lon", Type: selection.Number}, {Source: "lat", Name: "lat", Type: selection.Number}}})
		if err != nil {
			t.Fatal(err)
		}
		row := got.rows[0]
		if *row[0] != "121.4737" || *row[1] != "31.2304" || result.Geometry == nil {
			t.Errorf("%s: %s", c.system, got.text(0))
		}
		if c.x == 0 {
			if len(row) != 2 {
				t.Errorf("%s: %s", c.system, got.text(0))
			}
			continue
		}
		x, _ := strconv.ParseFloat(*row[2], 64)
		y, _ := strconv.ParseFloat(*row[3], 64)
		if math.Abs(x-c.x) > 2e-4 || math.Abs(y-c.y) > 2e-4 || got.rows[1][2] != nil || got.rows[1][3] != nil {
			t.Errorf("%s: %s, %s", c.system, got.text(0), got.text(1))
		}
	}
}

// There and back again, over all of China.
func TestGCJ02ComesBack(t *testing.T) {
	for lon := 73.5; lon < 135; lon += 2.3 {
		for lat := 4.0; lat < 53; lat += 1.7 {
			x, y := toGCJ(lon, lat)
			if math.Hypot(x-lon, y-lat) < 1e-4 {
				t.Fatalf("%g %g is not moved", lon, lat)
			}
			if x, y = toWGS84(GCJ02, x, y); math.Hypot(x-lon, y-lat) > 2e-9 {
				t.Fatalf("%g %g comes back as %g %g", lon, lat, x, y)
			}
		}
	}
	if x, y := toWGS84(GCJ02, 2.35, 48.85); x != 2.35 || y != 48.85 {
		t.Errorf("Paris is moved to %g %g", x, y)
	}
}
