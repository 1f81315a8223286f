-- How the word of a published decision went out, village by village.

-- name: queue_page
-- The page gives it at once; the loudspeaker waits until an agent attests it.
INSERT INTO delivery (step, village, channel, state, queued, done)
SELECT %(step)s, v.id, c.channel, c.state, %(at)s, c.done
FROM village v,
     (VALUES ('page', 'sent', %(at)s::timestamptz), ('loudspeaker', 'queued', NULL))
         AS c (channel, state, done)
WHERE v.id = ANY(%(villages)s)
ON CONFLICT DO NOTHING

-- name: queue_sms
-- To who keeps a field there and to the agents there; each once, in however many villages.
INSERT INTO delivery (step, village, channel, person, state, queued)
SELECT DISTINCT ON (p.id) %(step)s, v.id, 'sms', p.id, 'queued', %(at)s
FROM village v
JOIN LATERAL (
    SELECT k.person FROM field f
    JOIN own_field o ON o.field = f.id AND o.given_up IS NULL
    JOIN field_keeper k ON k.field = f.id
    WHERE f.village = v.id
    UNION
    SELECT g.person FROM person_grant g
    WHERE g.role = 'agent' AND ((g.level = 'village' AND g.scope = v.id)
        OR (g.level = 'township' AND g.scope = v.township))
) who ON true
JOIN person p ON p.id = who.person AND p.active AND p.phone IS NOT NULL
WHERE v.id = ANY(%(villages)s)
ORDER BY p.id, v.id
ON CONFLICT DO NOTHING

-- name: queue_reminders
-- Once for each agent and step, where a village has heard and answered nothing in time.
INSERT INTO delivery (step, village, channel, person, state, queued)
SELECT DISTINCT ON (d.step, p.id) d.step, d.village, 'reminder', p.id, 'queued', %(at)s
FROM delivery d
JOIN decision_step s ON s.id = d.step
JOIN decision e ON e.id = s.decision AND e.state IN ('published', 'updated')
JOIN village v ON v.id = d.village
JOIN person_grant g ON g.role = 'agent' AND ((g.level = 'village' AND g.scope = v.id)
    OR (g.level = 'township' AND g.scope = v.township))
JOIN person p ON p.id = g.person AND p.active AND p.phone IS NOT NULL
WHERE d.channel = 'page' AND d.queued < %(before)s
  AND NOT EXISTS (SELECT FROM delivery r
                  WHERE r.step = d.step AND r.channel = 'reminder' AND r.person = p.id)
  AND NOT EXISTS (SELECT FROM delivery h JOIN decision_step o ON o.id = h.step
                  WHERE o.decision = e.id AND h.village = d.village AND h.state = 'heard')
  AND NOT EXISTS (SELECT FROM advice_answer a JOIN field f ON f.id = a.site
                  WHERE f.village = d.village AND a.hazard = e.hazard AND a.crop = e.crop
                    AND a.at >= d.queued)
ORDER BY d.step, p.id, d.village
ON CONFLICT DO NOTHING

-- name: queue_withdrawals
-- To whom a message went, or may have gone, since they were told last that one is taken back.
INSERT INTO delivery (step, village, channel, person, state, queued)
SELECT DISTINCT ON (d.person) %(step)s, d.village, 'withdrawal', d.person, 'queued', %(at)s
FROM delivery d
JOIN decision_step s ON s.id = d.step
JOIN person p ON p.id = d.person AND p.active AND p.phone IS NOT NULL
WHERE s.decision = %(decision)s AND d.channel = 'sms' AND d.state IN ('sending', 'sent', 'unknown')
  AND NOT EXISTS (SELECT FROM delivery w JOIN decision_step o ON o.id = w.step
                  WHERE o.decision = s.decision AND w.channel = 'withdrawal'
                    AND w.person = d.person AND w.id > d.id)
ORDER BY d.person, d.id DESC
ON CONFLICT DO NOTHING

-- name: stop
-- What was taken back before it went out does not go out; nor does word of it once it holds again.
UPDATE delivery d SET state = 'stopped', done = %(at)s
FROM decision_step s JOIN decision e ON e.id = s.decision
WHERE s.id = d.step AND d.state = 'queued'
  AND (d.channel = 'withdrawal') = (e.state IN ('published', 'updated'))

-- name: give_up
-- Its sender died over it: it may have gone out, and goes out no second time.
UPDATE delivery SET state = 'unknown', done = %(at)s
WHERE state = 'sending' AND done < %(before)s

-- name: waiting
SELECT id FROM delivery
WHERE state = 'queued' AND channel IN ('sms', 'reminder', 'withdrawal') ORDER BY id LIMIT %(limit)s

-- name: claim
UPDATE delivery d
SET state = 'sending', done = %(at)s, attempts = d.attempts + 1, failure = NULL, detail = ''
FROM person p, decision_step s, decision e, village v
WHERE d.id = %(id)s AND d.state = 'queued' AND p.id = d.person AND p.phone IS NOT NULL
  AND s.id = d.step AND e.id = s.decision AND v.id = d.village
  AND (d.channel = 'withdrawal') <> (e.state IN ('published', 'updated'))
RETURNING d.id, d.channel, p.phone, s.words ->> 'sms', e.hazard, v.zh, d.attempts

-- name: finish
UPDATE delivery SET state = %(state)s, done = %(at)s, failure = %(failure)s, detail = %(detail)s
WHERE id = %(id)s AND state = 'sending'

-- name: hear
INSERT INTO delivery AS d (step, village, channel, state, queued, done, attested_by, note)
SELECT s.id, %(village)s, %(channel)s, 'heard', %(at)s, %(at)s, %(by)s, %(note)s
FROM decision_step s JOIN decision e ON e.id = s.decision
WHERE e.id = %(decision)s AND e.state IN ('published', 'updated')
  AND s.act IN ('publish', 'update') AND %(village)s = ANY(s.villages)
ORDER BY s.id DESC LIMIT 1
ON CONFLICT (step, village, channel, person) DO UPDATE
    SET state = 'heard', done = EXCLUDED.done, attested_by = EXCLUDED.attested_by,
        note = EXCLUDED.note
    WHERE d.state <> 'heard'
RETURNING d.id

-- name: late
SELECT s.decision, count(DISTINCT d.village)
FROM delivery d
JOIN decision_step s ON s.id = d.step
JOIN decision e ON e.id = s.decision AND e.state IN ('published', 'updated')
WHERE s.decision = ANY(%(decisions)s) AND d.channel = 'page' AND d.queued < %(before)s
  AND NOT EXISTS (SELECT FROM delivery h JOIN decision_step o ON o.id = h.step
                  WHERE o.decision = e.id AND h.village = d.village AND h.state = 'heard')
  AND NOT EXISTS (SELECT FROM advice_answer a JOIN field f ON f.id = a.site
                  WHERE f.village = d.village AND a.hazard = e.hazard AND a.crop = e.crop
                    AND a.at >= d.queued)
GROUP BY s.decision

-- name: told
-- Each village that was told: messages by their state, who attested what, who answered, and how often
-- its page was opened in whole spans of ten minutes since.
SELECT v.id, v.zh, v.en, v.township, v.county, min(d.queued),
       count(*) FILTER (WHERE d.channel = 'sms'),
       count(*) FILTER (WHERE d.channel = 'sms' AND d.state = 'sent'),
       count(*) FILTER (WHERE d.channel = 'sms' AND d.state IN ('failed', 'unknown')),
       count(*) FILTER (WHERE d.channel = 'reminder'),
       max(d.channel) FILTER (WHERE d.state = 'heard'),
       max(d.attested_by) FILTER (WHERE d.state = 'heard'),
       max(d.done) FILTER (WHERE d.state = 'heard'),
       (SELECT count(DISTINCT a.person) FROM advice_answer a JOIN field f ON f.id = a.site
        WHERE f.village = v.id AND a.hazard = e.hazard AND a.crop = e.crop
          AND a.at >= min(d.queued)),
       (SELECT count(DISTINCT a.person) FROM advice_answer a JOIN field f ON f.id = a.site
        WHERE f.village = v.id AND a.hazard = e.hazard AND a.crop = e.crop
          AND a.at >= min(d.queued) AND a.done),
       (SELECT coalesce(sum(o.opens), 0)::int FROM village_opened o
        WHERE o.village = v.id AND o.since >= min(d.queued))
FROM delivery d
JOIN decision_step s ON s.id = d.step
JOIN decision e ON e.id = s.decision
JOIN village v ON v.id = d.village
WHERE e.id = %(decision)s
GROUP BY v.id, e.hazard, e.crop
ORDER BY v.id

-- name: recipients
-- The newest message to each person and by each channel. missed: who has not answered since, in a
-- village of which nobody attests that it heard; failed: what did not go out, or may not have.
WITH newest AS (
    SELECT DISTINCT ON (d.person, d.channel) d.*
    FROM delivery d JOIN decision_step s ON s.id = d.step
    WHERE d.person IS NOT NULL AND s.decision = %(decision)s
    ORDER BY d.person, d.channel, d.step DESC, d.id DESC
), answered AS (
    SELECT a.person, max(a.at) AS at
    FROM advice_answer a JOIN decision e ON (e.hazard, e.crop) = (a.hazard, a.crop)
    WHERE e.id = %(decision)s GROUP BY a.person
), heard AS (
    SELECT DISTINCT d.village FROM delivery d JOIN decision_step s ON s.id = d.step
    WHERE s.decision = %(decision)s AND d.state = 'heard'
), known AS (
    SELECT n.*, coalesce(a.at >= n.queued, false) AS answered, h.village IS NOT NULL AS heard
    FROM newest n
    LEFT JOIN answered a ON a.person = n.person
    LEFT JOIN heard h ON h.village = n.village
)
SELECT k.id, k.person, p.name, p.phone, p.active, v.id, v.zh, v.en, v.township, v.county, k.channel,
       k.state, coalesce(k.done, k.queued), k.failure, k.detail, k.again, k.answered, k.heard,
       count(*) OVER ()
FROM known k JOIN person p ON p.id = k.person JOIN village v ON v.id = k.village
WHERE (%(all)s OR v.county = ANY(%(county)s) OR v.township = ANY(%(township)s)
       OR v.id = ANY(%(village)s))
  AND (%(only)s::bigint IS NULL OR k.id = %(only)s)
  AND CASE %(whom)s WHEN 'missed' THEN NOT (k.answered OR k.heard)
                    WHEN 'failed' THEN k.state IN ('failed', 'unknown', 'stopped') ELSE true END
ORDER BY v.id, p.name, p.id, k.channel LIMIT %(limit)s OFFSET %(offset)s

-- name: of_delivery
SELECT s.decision FROM delivery d JOIN decision_step s ON s.id = d.step WHERE d.id = %(id)s

-- name: send_again
-- Of two presses that saw the same number one is the message, the other nothing.
UPDATE delivery SET state = 'queued', attempts = 0, again = again + 1, done = %(at)s,
    failure = NULL, detail = ''
WHERE id = %(id)s AND again = %(again)s AND state = ANY(%(states)s)
RETURNING id
