// Package failover ends servers and databases under load, and looks for what
// got lost. It has tests only: several activityd on one replica set, writers
// who try again until a write is acknowledged, sockets and readers of /changes.
package failover
