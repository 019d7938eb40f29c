// Package home is the first page: search, the city's domains, four living
// numbers that each lead to the list that proves them, what is new, what is
// large, and how data is had.
package home
