"""The queue's steps as Lua, each atomic. `P` is the prefix of the keys in `queue/keys.py`; times are the server's, in ms.

Every script may run twice (its reply was lost and it was sent again) without harm; CLAIM may not, see `queue/claims.py`.
Those that free memory or keep a promise run even when Redis is out of memory (`allow-oom`).

A job counts two things: `runs`, every start, which numbers its events and fences its ends; and `attempts`, the starts that
JOB_ATTEMPTS limits: a job that an ending worker hands back has not used one.
"""

from __future__ import annotations

from flowisectl.queue.script_parts import ATTEMPT, CLOCK, END, PACE, PACE_SECONDS, PUT_BACK, SLOT_MS, STOP_JOB, TRIM
from flowisectl.redis_connection import Script

ENQUEUE = Script(f"""
#!lua
-- Gives 1, or 0 when the job is there already, -1 when too many jobs wait, -2 when too many of its flow are live.
-- Of both limits 0 means none.
local P, id, request, flow, chat, chat_key, reply, max_waiting, max_of_flow = unpack(ARGV)
{CLOCK}
local key = P .. 'job:' .. id
if redis.call('EXISTS', key) == 1 then return 0 end
if max_waiting ~= '0' and redis.call('LLEN', P .. 'waiting') >= tonumber(max_waiting) then return -1 end
if max_of_flow ~= '0' then
  if redis.call('SCARD', P .. 'flow:' .. flow) >= tonumber(max_of_flow) then return -2 end
  redis.call('SADD', P .. 'flow:' .. flow, id)
  redis.call('HSET', key, 'limited', 1)
end
local place = redis.call('INCR', P .. 'sequence')
redis.call('HSET', key, 'state', 'queued', 'request', request, 'flow', flow, 'chat', chat, 'chat_key', chat_key,
  'reply', reply, 'accepted', now_ms(), 'sequence', place, 'attempts', 0)
redis.call('SADD', P .. 'chat:' .. chat_key, id)
redis.call('RPUSH', P .. 'waiting', id)
return 1
""")

CLAIM = Script(f"""
#!lua
-- Move up to `limit` jobs to the worker. Gives id, run, request, reply stream of each; or 'lost' without a lease.
local P, worker, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
{CLOCK}{PACE}{ATTEMPT}
if not redis.call('ZSCORE', P .. 'leases', worker) then return 'lost' end
local ids = redis.call('LPOP', P .. 'landing:' .. worker, limit) or {{}}
-- A suspect has but one attempt left: a worker has one of them at a time, so that the one that kills workers kills no other.
local function has_suspect()
  local id = redis.call('GET', P .. 'suspect:' .. worker)
  local f = id and redis.call('HMGET', P .. 'job:' .. id, 'state', 'worker')
  return f and f[1] == 'running' and f[2] == worker
end
if redis.call('LLEN', P .. 'suspects') > 0 and #ids < limit and not has_suspect() then
  ids[#ids + 1] = redis.call('LPOP', P .. 'suspects')
end
-- A fair share: as much of what waits as there are workers to take it.
limit = math.min(limit, math.ceil(redis.call('LLEN', P .. 'waiting') / math.max(redis.call('ZCARD', P .. 'leases'), 1)) + #ids)
if #ids < limit then
  for _, id in ipairs(redis.call('LPOP', P .. 'waiting', limit - #ids) or {{}}) do ids[#ids + 1] = id end
end
local now, out = now_ms(), {{}}
for _, id in ipairs(ids) do
  local key = P .. 'job:' .. id
  local f = redis.call('HMGET', key, 'state', 'request', 'reply', 'sequence', 'accepted', 'suspect')
  if f[1] == 'queued' and f[6] and has_suspect() then
    redis.call('RPUSH', P .. 'suspects', id)
  elseif f[1] == 'queued' then
    if f[6] then redis.call('SET', P .. 'suspect:' .. worker, id, 'EX', 86400) end
    local run = redis.call('HINCRBY', key, 'runs', 1)
    if run > 1 then keep_attempt(key, run - 1) end
    count('wait' .. wait_step(now - (f[5] or now)))
    redis.call('HINCRBY', key, 'attempts', 1)
    redis.call('HSET', key, 'state', 'running', 'worker', worker, 'started', now)
    redis.call('ZADD', P .. 'running:' .. worker, f[4], id)
    local n = #out
    out[n + 1], out[n + 2], out[n + 3], out[n + 4] = id, run, f[2], f[3]
  end
end
tell_pace(now)
return out
""")

FINISH = Script(f"""
#!lua flags=allow-oom
-- End jobs that this worker ran: after the head of the arguments id, run, state, error, result, trace, events of each.
-- Gives for each 1, or 0 when the run is not this worker's any more.
local P, worker = ARGV[1], ARGV[2]
{CLOCK}{END}{TRIM}
local running, now, out = P .. 'running:' .. worker, now_ms(), {{}}
for i = 6, #ARGV, 7 do
  local id, run, state = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local f = redis.call('HMGET', P .. 'job:' .. id, 'runs', 'worker', 'state')
  if f[1] ~= run or f[2] ~= worker then
    out[#out + 1] = 0
  elseif redis.call('ZREM', running, id) == 1 then
    redis.call('SREM', P .. 'stopping:' .. worker, id)
    end_job(id, state, ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], ARGV[i + 6], now)
    out[#out + 1] = 1
  else -- ended before, and the reply was lost; or put back
    out[#out + 1] = (f[3] == 'queued' or f[3] == 'running') and 0 or 1
  end
end
trim(now, tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]))
tell_pace(now)
return out
""")

NOTE = Script("""
#!lua
-- Keep traces of running jobs: id, run, trace of each.
local P, worker = ARGV[1], ARGV[2]
for i = 3, #ARGV, 3 do
  local key = P .. 'job:' .. ARGV[i]
  local f = redis.call('HMGET', key, 'runs', 'worker', 'state')
  if f[1] == ARGV[i + 1] and f[2] == worker and f[3] == 'running' then redis.call('HSET', key, 'trace', ARGV[i + 2]) end
end
""")

BEAT = Script(f"""
#!lua flags=allow-oom
-- Lengthen a worker's lease (make it, when ARGV[5] is '1'), and keep what it says of itself.
-- Gives the ids that it shall stop, or 'lost' when it has no lease any more.
local P, worker, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
{CLOCK}
if ARGV[5] ~= '1' and not redis.call('ZSCORE', P .. 'leases', worker) then return 'lost' end
local now = now_ms()
redis.call('ZADD', P .. 'leases', now + lease, worker)
redis.call('ZADD', P .. 'workers', now, worker)
redis.call('SET', P .. 'worker:' .. worker, ARGV[4], 'PX', 60000)
return redis.call('SMEMBERS', P .. 'stopping:' .. worker)
""")

REAP = Script(f"""
#!lua flags=allow-oom
-- Take the jobs of workers whose lease has ended, and trim what is kept. Gives the ids put back and the ids set aside.
local P, lease, max_attempts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
{CLOCK}{END}{TRIM}{PUT_BACK}
local now = now_ms()
local last = tonumber(redis.call('GET', P .. 'tick') or '0')
redis.call('SET', P .. 'tick', now)
local slot = math.floor(now / {SLOT_MS})
if slot ~= math.floor(last / {SLOT_MS}) then
  -- How many jobs there had been when this slot of time began: the difference to later is what came in.
  redis.call('HSETNX', P .. 'pace:' .. slot, 'sequence', redis.call('GET', P .. 'sequence') or '0')
  redis.call('EXPIRE', P .. 'pace:' .. slot, {PACE_SECONDS})
end
trim(now, tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))
redis.call('ZREMRANGEBYSCORE', P .. 'workers', '-inf', now - 60000)
if now - last > lease / 2 then
  -- Redis was away, or nobody looked: no worker could renew its lease, so each gets a whole one.
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', now + lease)) do
    redis.call('ZADD', P .. 'leases', now + lease, worker)
  end
  return {{{{}}, {{}}}}
end
local back, items, dead = {{}}, {{}}, {{}}
local function take(id, attempts)
  back[#back + 1] = id
  if max_attempts > 1 and (attempts or 0) == max_attempts - 1 then
    redis.call('HSET', P .. 'job:' .. id, 'state', 'queued', 'suspect', 1)
    redis.call('RPUSH', P .. 'suspects', id)
  else
    items[#items + 1] = {{place_of(id), id}}
  end
end
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', now, 'LIMIT', 0, 100)) do
  for _, id in ipairs(redis.call('LRANGE', P .. 'landing:' .. worker, 0, -1)) do
    if is_queued(id) then take(id) end
  end
  for _, id in ipairs(redis.call('ZRANGE', P .. 'running:' .. worker, 0, -1)) do
    local f = redis.call('HMGET', P .. 'job:' .. id, 'attempts', 'stop')
    if f[2] then
      end_job(id, 'aborted', f[2], '', '', -1, now)
    elseif tonumber(f[1] or '0') >= max_attempts then
      end_job(id, 'dead', 'worker ' .. worker .. ' was lost while it ran this job (attempt ' .. f[1] .. ' of '
        .. max_attempts .. ', JOB_ATTEMPTS); it will not be started again', '', '', -1, now)
      dead[#dead + 1] = id
    else
      take(id, tonumber(f[1] or '0'))
    end
  end
  forget_worker(worker)
end
-- A worker that waited when its lease ended may have been given one id more.
for _, worker in ipairs(redis.call('ZRANGE', P .. 'workers', 0, -1)) do
  if not redis.call('ZSCORE', P .. 'leases', worker) then
    for _, id in ipairs(redis.call('LRANGE', P .. 'landing:' .. worker, 0, -1)) do
      if is_queued(id) then take(id) end
    end
    redis.call('DEL', P .. 'landing:' .. worker)
  end
end
put_back(items)
if #back > 0 then count('again', #back) end
tell_pace(now)
return {{back, dead}}
""")

RELEASE = Script(f"""
#!lua flags=allow-oom
-- A worker ends: what it has goes back without counting as an attempt. Gives how many jobs that were.
local P, worker = ARGV[1], ARGV[2]
{CLOCK}{END}{PUT_BACK}
local items = {{}}
for _, id in ipairs(redis.call('LRANGE', P .. 'landing:' .. worker, 0, -1)) do
  if is_queued(id) then items[#items + 1] = {{place_of(id), id}} end
end
for _, id in ipairs(redis.call('ZRANGE', P .. 'running:' .. worker, 0, -1)) do
  local reason = redis.call('HGET', P .. 'job:' .. id, 'stop')
  if reason then
    end_job(id, 'aborted', reason, '', '', -1, now_ms())
  else
    redis.call('HINCRBY', P .. 'job:' .. id, 'attempts', -1)
    items[#items + 1] = {{place_of(id), id}}
  end
end
forget_worker(worker)
redis.call('DEL', P .. 'worker:' .. worker)
put_back(items)
tell_pace(now_ms())
return #items
""")

STOP = Script(f"""
#!lua flags=allow-oom
-- Stop one job. Gives its state before, or nothing when there is no such job.
local P = ARGV[1]
{CLOCK}{END}{STOP_JOB}
local before = stop_job(ARGV[2], ARGV[3])
tell_pace(now_ms())
return before
""")

STOP_CHAT = Script(f"""
#!lua flags=allow-oom
-- Stop every live job of a chat. Gives how many there were.
local P = ARGV[1]
{CLOCK}{END}{STOP_JOB}
local ids = redis.call('SMEMBERS', P .. 'chat:' .. ARGV[2])
for _, id in ipairs(ids) do stop_job(id, ARGV[3]) end
tell_pace(now_ms())
return #ids
""")

RETRY = Script(f"""
#!lua
-- Queue an ended job again, as new. Gives its state before, or nothing when there is no such job.
local P, id = ARGV[1], ARGV[2]
{CLOCK}{ATTEMPT}
local key = P .. 'job:' .. id
local f = redis.call('HMGET', key, 'state', 'chat_key', 'runs')
if f[1] and f[1] ~= 'queued' and f[1] ~= 'running' then
  redis.call('ZREM', P .. 'done', id)
  redis.call('ZREM', P .. 'failed', id)
  redis.call('SREM', P .. 'dead', id)
  keep_attempt(key, f[3])
  redis.call('HDEL', key, 'error', 'result', 'trace', 'finished', 'started', 'events', 'stop', 'worker', 'suspect')
  redis.call('HSET', key, 'state', 'queued', 'attempts', 0, 'reply', '', 'accepted', now_ms(),
    'sequence', redis.call('INCR', P .. 'sequence'))
  redis.call('SADD', P .. 'chat:' .. f[2], id)
  redis.call('RPUSH', P .. 'waiting', id)
end
return f[1]
""")

ENDS = Script("""
#!lua flags=no-writes
-- What has become of jobs: state, runs, events and error of each; an empty state for one that is gone.
local P, out = ARGV[1], {}
for i = 2, #ARGV do
  local f = redis.call('HMGET', P .. 'job:' .. ARGV[i], 'state', 'runs', 'events', 'error')
  out[#out + 1] = {f[1] or '', f[2] or '0', f[3] or '-1', f[4] or ''}
end
return out
""")
