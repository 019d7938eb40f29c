package workday

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed notices.csv
var noticesCSV string

//go:embed days.csv
var daysCSV string

// StateCouncil returns the calendar of the notices for 2004 to 2026 that are
// built in. Later ones are entered with [Calendar.With].
func StateCouncil() Calendar { return stateCouncil() }

var stateCouncil = sync.OnceValue(func() Calendar {
	notices, err := readNotices(noticesCSV, daysCSV)
	if err != nil {
		panic(err) // the files are part of the program; a test reads them
	}
	c, err := New(notices...)
	if err != nil {
		panic(err)
	}
	return c
})

// readNotices reads notices.csv (year,number,addresses) and days.csv
// (year,date,day,name).
func readNotices(notices, days string) ([]Notice, error) {
	var all []Notice
	err := lines(notices, 3, func(year int, cells []string) error {
		all = append(all, Notice{Year: year, Number: cells[1], Addresses: strings.Fields(cells[2])})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	err = lines(days, 4, func(year int, cells []string) error {
		i := slices.IndexFunc(all, func(n Notice) bool { return n.Year == year })
		if i < 0 {
			return fmt.Errorf("%s: no notice for %d", cells[1], year)
		}
		switch cells[2] {
		case "off":
			all[i].Off = append(all[i].Off, Date(cells[1]))
		case "worked":
			all[i].Worked = append(all[i].Worked, Date(cells[1]))
		default:
			return fmt.Errorf("%s: %q is neither off nor worked", cells[1], cells[2])
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read days: %w", err)
	}
	return all, nil
}

// lines calls each for every line of a CSV text after its header, with the
// year in the first cell.
func lines(text string, cells int, each func(year int, cells []string) error) error {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = cells
	records, err := r.ReadAll()
	if err != nil {
		return err
	}
	for _, record := range records[1:] {
		year, err := strconv.Atoi(record[0])
		if err != nil {
			return err
		}
		if err := each(year, record); err != nil {
			return err
		}
	}
	return nil
}
