package administration

import (
	"net/http"

	"kaishu/internal/infra/web"
	"kaishu/internal/open/version"
)

// api are the addresses of jobs and storage for programs; those of the other
// pages stand with their services.
func (s *Service) api() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/api/v1/jobs", Name: "administration.job_list", May: Jobs, API: true, Answer: JobList{}, Do: func(c *web.Context) error {
			l, err := s.readJobs(c)
			if err != nil {
				return err
			}
			return c.JSON(http.StatusOK, l)
		}},
		{Method: "POST", Path: "/api/v1/jobs/retry", Name: "administration.job_retry", May: Jobs, API: true, Body: Retry{}, Answer: JobList{}, Do: s.apiRetry},
		{Method: "GET", Path: "/api/v1/storage", Name: "administration.storage_use", May: version.Keep, API: true, Answer: StorageUse{}, Do: func(c *web.Context) error {
			u, err := s.readStorage(c)
			if err != nil {
				return err
			}
			return c.JSON(http.StatusOK, u)
		}},
	}
}

func (s *Service) apiRetry(c *web.Context) error {
	var r Retry
	err := c.Body(&r)
	if err == nil {
		err = r.check()
	}
	if err == nil {
		err = s.retryJob(c.Request.Context(), c.Actor, r.ID)
	}
	if err != nil {
		return err
	}
	l, err := s.readJobs(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, l)
}
