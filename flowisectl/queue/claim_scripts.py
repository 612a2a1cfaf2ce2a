"""The steps of jobs that a worker holds, as Lua, each atomic; the others are in queue/steering_scripts.py.

`P` is the prefix of the keys in `queue/keys.py`; times are the server's, in ms. Every script may run twice (its reply was lost
and it was sent again) without harm; CLAIM may not, see `queue/claims.py`. Those that free memory or keep a promise run even
when Redis is out of memory (`allow-oom`).

A job counts two things: `runs`, every start, which numbers its events and fences its ends; and `attempts`, the starts that
JOB_ATTEMPTS limits: a job that an ending worker hands back has not used one.
"""

from __future__ import annotations

from flowisectl.queue.script_parts import ATTEMPT, CLOCK, END, PACE, PUT_BACK, TRIM
from flowisectl.redis_connection import Script

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
