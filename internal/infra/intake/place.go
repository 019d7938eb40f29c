package intake

import (
	"strconv"
	"strings"

	"kaishu/internal/base/selection"
)

// place follows a column that its name makes a longitude or a latitude.
type place struct {
	name      string
	longitude bool
	filled    bool // some cell has a value
	outside   bool // some value is none on the globe
}

func (p *place) add(number []byte) {
	if len(number) == 0 {
		return
	}
	most := 90.0
	if p.longitude {
		most = 180
	}
	v, err := strconv.ParseFloat(string(number), 64)
	p.filled = true
	p.outside = p.outside || err != nil || v < -most || v > most
}

// Names that say longitude or latitude and do not say that the coordinates are
// of another system, as gcj02_lon would.
var (
	longitudes = names("经度", "lon", "lng", "long", "longitude", "wgs84_lon", "wgs84_lng", "lon_wgs84", "lng_wgs84", "wgs84经度", "经度(wgs84)")
	latitudes  = names("纬度", "lat", "latitude", "wgs84_lat", "lat_wgs84", "wgs84纬度", "纬度(wgs84)")
)

func names(all ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range all {
		m[n] = true
	}
	return m
}

// places returns what to follow, one per column, nil for most.
func places(columns []RecipeColumn) []*place {
	all := make([]*place, len(columns))
	for i, c := range columns {
		name := strings.NewReplacer("\uff08", "(", "\uff09", ")", "-", "_", " ", "").Replace(strings.ToLower(c.Name))
		if c.Type == selection.Number && (longitudes[name] || latitudes[name]) {
			all[i] = &place{name: c.Name, longitude: longitudes[name]}
		}
	}
	return all
}

// geometry returns the pair, if there is exactly one of each and all their
// values lie on the globe.
func geometry(all []*place) *selection.Geometry {
	var lon, lat []string
	for _, p := range all {
		switch {
		case p == nil:
		case !p.filled || p.outside:
			return nil
		case p.longitude:
			lon = append(lon, p.name)
		default:
			lat = append(lat, p.name)
		}
	}
	if len(lon) != 1 || len(lat) != 1 {
		return nil
	}
	return &selection.Geometry{Longitude: lon[0], Latitude: lat[0]}
}
