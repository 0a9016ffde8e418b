// Package console holds the pages that activityd serves to browsers, with all
// that they need embedded. It reaches the service through functions that it is
// given: it imports activity for the words of its errors, and neither storage,
// api nor echo.
package console
