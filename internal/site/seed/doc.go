// Package seed loads a city: the repository's own sample, or the real
// catalogue of a city from a folder. It goes through the same services as
// everybody, in the names of accounts that it enters first; what exists
// already is left alone, so loading twice changes nothing.
//
// Bodies and accounts of the sample are named by role and marked 样例.
package seed
