-- name: put
INSERT INTO output_order
    (id, node, act, output, seconds, hold, made, person, made_by, source, why, valid_until)
VALUES (%(id)s, %(node)s, %(act)s, %(output)s, %(seconds)s, %(hold)s, %(at)s, %(person)s, %(made_by)s,
    %(source)s, %(why)s, %(valid_until)s)

-- name: withdraw
-- What a newer order overtakes: nobody sends it any more.
UPDATE output_order SET result = 'withdrawn', answered = %(at)s
WHERE node = %(node)s AND answered IS NULL AND id <> %(id)s
  AND (%(output)s::smallint IS NULL OR output IS NULL OR output = %(output)s)
  AND (act <> 'all_off' OR %(act)s = 'all_off')
RETURNING id

-- name: epoch
SELECT k.epoch FROM node n LEFT JOIN node_key k ON k.node = n.id AND k.retired IS NULL
WHERE n.id = %(node)s

-- name: busy
-- Nodes that are to be told or asked something now; another collector's are left to it. The longer
-- nothing comes back, the seldomer.
SELECT n.node, k.epoch, n.taken, n.whole, n.next_k, n.asked, n.asked_times,
    n.gap_since <= %(at)s::timestamptz - %(again)s AND (n.asked IS NULL
        OR n.asked <= %(at)s::timestamptz - least(%(again)s * power(2, n.asked_times), interval '10 minutes')),
    n.said_at > n.asked
FROM output_node n JOIN node_key k ON k.node = n.node AND k.retired IS NULL
WHERE n.whole < n.next_k
   OR EXISTS (SELECT FROM output_order o WHERE o.node = n.node AND o.answered IS NULL
              AND o.valid_until > %(at)s)
ORDER BY n.node FOR UPDATE OF n SKIP LOCKED

-- name: waiting
SELECT id, act, output, seconds, hold, valid_until, epoch, boot, seq, until, sent
FROM output_order WHERE node = %(node)s AND answered IS NULL
  AND valid_until >= %(at)s::timestamptz + interval '1 second'
  AND (sent IS NULL
    OR sent <= %(at)s::timestamptz - least(%(again)s * power(2, times - 1), interval '10 minutes'))
ORDER BY place

-- name: sent
UPDATE output_order SET epoch = %(epoch)s, boot = %(boot)s, seq = %(seq)s, until = %(until)s,
    sent = %(at)s, times = times + 1
WHERE id = %(id)s

-- name: next_seq
UPDATE output_node SET seq = seq + 1 WHERE node = %(node)s RETURNING seq

-- name: asked
UPDATE output_node SET asked = %(at)s, asked_times = asked_times + 1 WHERE node = %(node)s

-- name: find
SELECT id, node, act, output, seconds, hold, made, person, made_by, source, why, valid_until, sent, times,
    seq, result, reason, answered
FROM output_order WHERE id = ANY(%(ids)s)

-- name: of_nodes
SELECT id, node, act, output, seconds, hold, made, person, made_by, source, why, valid_until, sent, times,
    seq, result, reason, answered
FROM output_order
WHERE node = ANY(%(nodes)s) AND (%(output)s::smallint IS NULL OR output IS NULL OR output = %(output)s)
  AND made < %(before)s
ORDER BY place DESC LIMIT %(limit)s

-- name: of_all
SELECT id, node, act, output, seconds, hold, made, person, made_by, source, why, valid_until, sent, times,
    seq, result, reason, answered
FROM output_order WHERE act = 'on' AND made >= %(since)s ORDER BY place

-- name: newest
SELECT DISTINCT ON (node, output) id, node, act, output, seconds, hold, made, person, made_by, source, why,
    valid_until, sent, times, seq, result, reason, answered
FROM output_order WHERE node = ANY(%(nodes)s) ORDER BY node, output, place DESC
