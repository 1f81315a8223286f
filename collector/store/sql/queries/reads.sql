-- name: first_in_hour
INSERT INTO read_noted (person, page, subject, hour)
VALUES (%(person)s, %(page)s, %(subject)s, date_trunc('hour', %(at)s::timestamptz, 'UTC'))
ON CONFLICT DO NOTHING RETURNING 1

-- name: tidy
DELETE FROM read_noted WHERE hour < %(at)s::timestamptz - interval '1 day'
