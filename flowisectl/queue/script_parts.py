"""Pieces of Lua that several scripts of the queue share. `P` is the prefix of the keys; times are the server's, in ms."""

from __future__ import annotations

LOG_AFTER_SECONDS = 60
"""How long the log of a job's events is kept after its end. Later, its result says the same."""
MAX_INLINE_BYTES = 1024 * 1024
"""A longer result does not travel with the notice; main reads it from the job."""

CALLBACK_SECONDS = 2 * 24 * 3600
"""How long an outcome that has to be told somewhere is kept at most."""
SLOT_MS = 10_000
"""What happens is counted in slots of so much time."""
PACE_SECONDS = 3_700
"""How long a slot is kept: an hour and a little."""
KEPT_ATTEMPTS = 5
"""How many ended attempts of a job are kept beside the last one."""

CLOCK = """
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
-- Waits are counted by size: step n holds those up to 1.5^n ms, the last step all longer ones.
local function wait_step(ms)
  return ms <= 1 and 0 or math.min(40, math.ceil(math.log(ms) / math.log(1.5)))
end
local function micros()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end
"""

PACE = f"""
-- Count what happens in slots of time, for people to see; queue/pace.py reads it. Told once for each call of a script.
local counted = {{}}
local function count(what, number) counted[what] = (counted[what] or 0) + (number or 1) end
local function tell_pace(now)
  local slot = P .. 'pace:' .. math.floor(now / {SLOT_MS})
  for what, number in pairs(counted) do
    if redis.call('HINCRBY', slot, what, number) == number then redis.call('EXPIRE', slot, {PACE_SECONDS}) end
  end
end
"""

END = f"""
{PACE}
local ends = 0
-- End a job: its fields, its place among the kept, its chat, and the notice to the main that waits.
-- events is -1 when no worker ended it. The format of the notice is in events/wire.py.
local function end_job(id, state, error, result, trace, events, now)
  local key = P .. 'job:' .. id
  local f = redis.call('HMGET', key, 'chat_key', 'reply', 'runs', 'limited', 'flow', 'callback')
  -- First what is of no use to a job that has ended: a hash that once was larger keeps room for it.
  redis.call('HDEL', key, 'checkpoint', 'sequence', 'reply')
  local told = {{'state', state, 'finished', now, 'events', events}}
  local function tell(name, text)
    if text ~= '' then told[#told + 1] = name; told[#told + 1] = text end
  end
  tell('error', error)
  tell('result', result)
  tell('trace', trace)
  redis.call('HSET', key, unpack(told))
  ends = ends + 1
  count(state)
  redis.call('ZADD', P .. (state == 'done' and 'done' or 'failed'), micros() + ends, id)
  if state == 'dead' then redis.call('SADD', P .. 'dead', id) end
  if f[1] then redis.call('SREM', P .. 'chat:' .. f[1], id) end
  if f[4] then redis.call('SREM', P .. 'flow:' .. f[5], id) end
  redis.call('EXPIRE', P .. 'log:' .. id .. ':' .. (f[3] or 0), {LOG_AFTER_SECONDS})
  if f[6] then
    -- Somebody wants to be told: see queue/callbacks.py. The job itself may be forgotten before that is done.
    redis.call('HSET', P .. 'callback:' .. id, 'to', f[6], 'state', state, 'error', error, 'result', result, 'tries', 0)
    redis.call('EXPIRE', P .. 'callback:' .. id, {CALLBACK_SECONDS})
    redis.call('ZADD', P .. 'callbacks', now, id)
  end
  if f[2] and f[2] ~= '' then
    local inline = #result <= {MAX_INLINE_BYTES} and result or ''
    redis.call('XADD', f[2], 'NOMKSTREAM', '*',
      'r', id .. ' ' .. (f[3] or 0) .. ' ' .. state .. ' ' .. events, 'b', inline, 'x', error)
  end
end
"""

ATTEMPT = f"""
-- Set what is known of an attempt that is over aside, so that the next one does not write over it.
local function keep_attempt(key, run)
  local f = redis.call('HMGET', key, 'started', 'worker', 'trace', 'error', 'finished')
  if f[1] then
    local head = f[1] .. ' ' .. (f[5] or '0') .. ' ' .. (f[2] or '?')
    redis.call('HSET', key, 'attempt:' .. run, head .. '\\n' .. (f[4] or '') .. '\\n' .. (f[3] or ''))
    redis.call('HDEL', key, 'trace', 'attempt:' .. (run - {KEPT_ATTEMPTS}))
  end
end
"""

TRIM = """
-- Drop ended jobs that are too old, then the oldest beyond the count. A job's hash is all there is of it.
local function drop(set, ids)
  for _, id in ipairs(ids) do
    if redis.call('HEXISTS', P .. 'job:' .. id, 'stored') == 1 then redis.call('SADD', P .. 'gone', id) end
    redis.call('UNLINK', P .. 'job:' .. id)
    redis.call('ZREM', P .. set, id)
    if set == 'failed' then redis.call('SREM', P .. 'dead', id) end
  end
end
local function trim(now, keep, age_done, age_failed)
  for set, age in pairs({done = age_done, failed = age_failed}) do
    drop(set, redis.call('ZRANGEBYSCORE', P .. set, '-inf', (now - age) * 1000, 'LIMIT', 0, 1000))
  end
  local over = redis.call('ZCARD', P .. 'done') + redis.call('ZCARD', P .. 'failed') - keep
  for _ = 1, math.min(over, 5000) do
    local d = redis.call('ZRANGE', P .. 'done', 0, 0, 'WITHSCORES')
    local f = redis.call('ZRANGE', P .. 'failed', 0, 0, 'WITHSCORES')
    local oldest_is_done = #f == 0 or (#d > 0 and tonumber(d[2]) <= tonumber(f[2]))
    drop(oldest_is_done and 'done' or 'failed', {oldest_is_done and d[1] or f[1]})
  end
end
"""

PUT_BACK = """
-- Put jobs back at the head of the queue, the oldest first. Each item is {place, id}.
local function put_back(items)
  table.sort(items, function(a, b) return a[1] > b[1] end)
  for _, item in ipairs(items) do
    redis.call('HSET', P .. 'job:' .. item[2], 'state', 'queued')
    redis.call('LPUSH', P .. 'waiting', item[2])
  end
end
local function place_of(id)
  return tonumber(redis.call('HGET', P .. 'job:' .. id, 'sequence')) or 0
end
local function is_queued(id)
  return redis.call('HGET', P .. 'job:' .. id, 'state') == 'queued'
end
local function forget_worker(worker)
  redis.call('DEL', P .. 'running:' .. worker, P .. 'landing:' .. worker, P .. 'stopping:' .. worker, P .. 'suspect:' .. worker)
  redis.call('ZREM', P .. 'leases', worker)
end
"""

STOP_JOB = """
-- Stop one job: at once while it waits, by its worker while it runs. Gives its state before.
local function stop_job(id, reason)
  local f = redis.call('HMGET', P .. 'job:' .. id, 'state', 'worker')
  if f[1] == 'queued' then
    if redis.call('LREM', P .. 'waiting', 1, id) == 0 then redis.call('LREM', P .. 'suspects', 1, id) end
    end_job(id, 'aborted', reason, '', '', -1, now_ms())
  elseif f[1] == 'running' then
    redis.call('HSET', P .. 'job:' .. id, 'stop', reason)
    redis.call('SADD', P .. 'stopping:' .. f[2], id)
    redis.call('PUBLISH', P .. 'control', f[2] .. ' ' .. id)
  end
  return f[1]
end
"""
