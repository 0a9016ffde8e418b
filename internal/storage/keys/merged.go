package keys

// Merged gives the keys of gone folders whose events are in another folder, or
// in none, now.
func (c *Channel) Merged() []int64 {
	var keys []int64
	for key := range c.Gone {
		if _, gone := c.Place(key); gone == nil {
			keys = append(keys, key)
		}
	}
	return keys
}
