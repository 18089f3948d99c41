package config

import "time"

// Zone is where times are that are written without one: that of the patchwave
// block, else the controller's own.
func (c *Config) Zone() *time.Location {
	if c.model.zone != nil {
		return c.model.zone
	}
	return c.opt.Now.Location()
}
