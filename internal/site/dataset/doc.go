// Package dataset is the page of a dataset: preview, fields, statistics,
// versions, interface. A stranger should understand a dataset in half a minute.
//
// Regulation: Articles 9(2), 15, 17, 22, 25(3) and 31. Whether cells may be
// shown is for obtain/access to say; this package shows what it was handed.
//
// Read dataset.go, then one file per tab.
package dataset
