-- Decisions of officers, step by step.

-- name: open
SELECT id, hazard, crop, place, county, state, version, colour, until, page, sms, voice, changed,
       changed_by
FROM decision
WHERE place = %(place)s AND hazard = %(hazard)s AND crop = %(crop)s AND state <> 'closed'

-- name: by_number
SELECT id, hazard, crop, place, county, state, version, colour, until, page, sms, voice, changed,
       changed_by
FROM decision WHERE id = %(number)s

-- name: begin
INSERT INTO decision (hazard, crop, place, county, state, version, colour, until, page, sms, voice,
    changed, changed_by)
VALUES (%(hazard)s, %(crop)s, %(place)s, %(county)s, %(state)s, 1, %(colour)s, %(until)s, %(page)s,
    %(sms)s, %(voice)s, %(at)s, %(name)s)
ON CONFLICT (place, hazard, crop) WHERE state <> 'closed' DO NOTHING
RETURNING id

-- name: go_on
UPDATE decision SET state = %(state)s, version = version + 1, colour = %(colour)s,
    until = %(until)s, page = %(page)s, sms = %(sms)s, voice = %(voice)s, changed = %(at)s,
    changed_by = %(name)s
WHERE id = %(decision)s AND version = %(version)s AND state <> 'closed'
RETURNING id

-- name: step
INSERT INTO decision_step (decision, version, act, state, at, person, name, reason, villages,
    colour, words)
VALUES (%(decision)s, %(version)s, %(act)s, %(state)s, %(at)s, %(person)s, %(name)s, %(reason)s,
    %(villages)s, %(colour)s, %(words)s)
RETURNING id

-- name: steps
SELECT s.act, s.state, s.at, s.person, s.name, s.reason, s.villages, s.colour
FROM decision_step s JOIN decision d ON d.id = s.decision
WHERE d.place = %(place)s AND d.hazard = %(hazard)s AND d.crop = %(crop)s
ORDER BY s.id DESC LIMIT %(limit)s

-- name: withdraw
UPDATE advisory_release r SET withdrawn = %(at)s
FROM advisory a JOIN field f ON f.id = a.site JOIN village v ON v.id = f.village
WHERE (a.site, a.crop, a.hazard, a.issued) = (r.site, r.crop, r.hazard, r.issued)
  AND a.ended IS NULL AND r.withdrawn IS NULL
  AND a.hazard = %(hazard)s AND a.crop = %(crop)s AND coalesce(v.township, v.county) = %(place)s

-- name: over
-- Decisions of which nothing is in force any more.
SELECT d.id, d.hazard, d.crop, d.place, d.county, d.state, d.version, d.colour, d.until, d.page,
       d.sms, d.voice, d.changed, d.changed_by
FROM decision d
WHERE d.state <> 'closed' AND NOT EXISTS (
    SELECT FROM advisory a JOIN field f ON f.id = a.site JOIN village v ON v.id = f.village
    WHERE a.ended IS NULL AND a.hazard = d.hazard AND a.crop = d.crop
      AND coalesce(v.township, v.county) = d.place)
ORDER BY d.id
