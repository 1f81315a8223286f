-- name: begin
INSERT INTO job_run (job, due, attempt, started, outcome)
VALUES (%(job)s, %(due)s, %(attempt)s, %(started)s, 'running')
RETURNING id

-- name: finish
UPDATE job_run
SET finished = %(finished)s, outcome = %(outcome)s, seconds = %(seconds)s, kind = %(kind)s,
    params = %(params)s
WHERE id = %(id)s

-- name: abandon
UPDATE job_run
SET finished = %(at)s, outcome = 'failed', kind = 'job_abandoned'
WHERE outcome = 'running'

-- name: latest
SELECT DISTINCT ON (job) job, due, attempt, started, finished, outcome, seconds, kind, params
FROM job_run ORDER BY job, id DESC

-- name: failures
SELECT job, due, attempt, started, finished, outcome, seconds, kind, params
FROM job_run WHERE outcome = 'failed' ORDER BY id DESC LIMIT %(limit)s

-- name: prune
DELETE FROM job_run WHERE started < %(before)s AND outcome <> 'running'
